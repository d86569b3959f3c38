/** Where one web instance listens; it need not run yet. */
export interface WebAddress {
  host: string;
  port: number;
  managementPort: number;
}

/** A reverse proxy in front of web instances, running with the configuration of deploy/. */
export interface FrontDoor {
  /** Base address, without a trailing slash; the same after a restart. */
  readonly url: string;
  readonly pid: number;
  readonly running: boolean;
  /** Signals the proxy and its children; resolves when they have ended, if the signal ends them. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Ends it if it runs, and starts it on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface FrontDoorOptions {
  /** Existing directory for configuration and logs. */
  directory: string;
  webs: readonly WebAddress[];
}

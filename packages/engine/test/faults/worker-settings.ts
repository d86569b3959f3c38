/** What a test tells a worker program, as JSON in its environment. */
export interface WorkerSettings {
  readonly url: string;
  readonly id: string;
  readonly version?: string;
  readonly leaseMs?: number;
  readonly concurrency?: number;
  readonly poolSize?: number;
  /** Only these workflows are registered. */
  readonly workflows?: readonly string[];
  /** Fires a task every second. */
  readonly cron?: boolean;
  /** Shifts this process's idea of the time. */
  readonly clockSkewMs?: number;
  /** How long steps take, at least and at most. */
  readonly stepMs?: readonly [number, number];
}

/** The environment variable that carries them. */
export const WORKER_SETTINGS_VARIABLE = "EVERTRACK_TEST_WORKER";

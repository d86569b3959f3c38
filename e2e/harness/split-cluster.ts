import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ensurePostgres, stopPostgres } from "@evertrack/embedded-postgres";
import { type ApiClient, administratorOf } from "./api-client.ts";
import type { Build } from "./derived-build.ts";
import { freePort } from "./free-port.ts";
import { startHaProxy } from "./front-door/haproxy.ts";
import { startPgBouncer } from "./front-door/pgbouncer.ts";
import { type Kill, type RanServer, runServer } from "./server-run.ts";
import { SupervisedServer } from "./supervised-server.ts";
import { until } from "./until.ts";

/** Small enough to be used up by a test, large enough for what the servers do. */
const POSTGRES_SETTINGS = { max_connections: "80", shared_buffers: "128MB", max_wal_size: "2GB" };

const POOLER_TIMEOUT_MS = 60_000;

export interface SplitClusterOptions {
  /** Everything lives below it: database, uploads, logs. */
  readonly directory: string;
  readonly workers: number;
  readonly webs: number;
  /** Connections PgBouncer opens to PostgreSQL. */
  readonly poolSize: number;
  readonly environment: Record<string, string>;
  /** Of webs only. */
  readonly webEnvironment?: Record<string, string>;
  /** What everything runs at first; the work tree when left out. */
  readonly build?: Build;
}

/**
 * A whole installation: workers and webs on fixed ports, each started again when it ends; PgBouncer in transaction mode
 * between them and a PostgreSQL of their own; HAProxy in front of the webs. The schema was made by an init-only process
 * on a direct connection.
 */
export class SplitCluster {
  readonly directory: string;
  readonly postgresDirectory: string;
  readonly workers: SupervisedServer[] = [];
  readonly webs: SupervisedServer[] = [];
  readonly #options: SplitClusterOptions;
  #databaseUrl = "";
  #pooler: Awaited<ReturnType<typeof startPgBouncer>> | undefined;
  #frontDoor: Awaited<ReturnType<typeof startHaProxy>> | undefined;
  #admin: ApiClient | undefined;

  private constructor(options: SplitClusterOptions) {
    this.#options = options;
    this.directory = options.directory;
    this.postgresDirectory = join(options.directory, "postgres");
  }

  /** Starts everything; `prepare` is called between the migrations and the first instance, with a direct address. */
  static async start(options: SplitClusterOptions, prepare: (databaseUrl: string) => Promise<void>) {
    const cluster = new SplitCluster(options);
    try {
      await cluster.#start(prepare);
      return cluster;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  /** The database without PgBouncer. */
  get databaseUrl(): string {
    return this.#databaseUrl;
  }

  get pooler() {
    return present(this.#pooler, "PgBouncer");
  }

  get frontDoor() {
    return present(this.#frontDoor, "HAProxy");
  }

  /** An administrator, through the front door. */
  get admin(): ApiClient {
    return present(this.#admin, "the administrator");
  }

  get servers(): SupervisedServer[] {
    return [...this.workers, ...this.webs];
  }

  get dataDirectory(): string {
    return join(this.directory, "data");
  }

  get logDirectory(): string {
    return join(this.directory, "logs");
  }

  /** Stops PostgreSQL as a crash does. */
  async crashPostgres(): Promise<void> {
    await stopPostgres({ dataDirectory: this.postgresDirectory, mode: "immediate" });
  }

  /** Starts PostgreSQL at the port it had; it recovers first. */
  async startPostgres(): Promise<string> {
    return (await ensurePostgres({ dataDirectory: this.postgresDirectory, settings: POSTGRES_SETTINGS })).url;
  }

  /** PostgreSQL as after a crash, back after a while. */
  async restartPostgres(holdMs: number): Promise<void> {
    await this.crashPostgres();
    await delay(holdMs);
    await this.startPostgres();
  }

  /** PgBouncer killed, back after a while. */
  async restartPooler(holdMs: number): Promise<void> {
    await this.pooler.kill("SIGKILL");
    await delay(holdMs);
    await until("PgBouncer is back", POOLER_TIMEOUT_MS, async () => {
      if (!this.pooler.running) await this.pooler.restart();
      return true;
    });
  }

  /** The one-shot process of a build, on a direct connection: its migrations and defaults. */
  migrate(build?: Build, kill?: Kill): Promise<RanServer> {
    return this.run(build, { environment: { DT_INIT_TASKS_EXIT_AFTER_COMPLETION: "true" }, kill });
  }

  /** A program of a build beside the cluster, on a direct connection. */
  run(
    build: Build | undefined,
    options: { word?: readonly string[]; environment?: Record<string, string>; kill?: Kill | undefined },
  ): Promise<RanServer> {
    const { word, environment = {}, kill } = options;
    return runServer({
      databaseUrl: this.#databaseUrl,
      dataDirectory: this.dataDirectory,
      environment,
      ...(build === undefined ? {} : { build }),
      ...(word === undefined ? {} : { word }),
      ...(kill === undefined ? {} : { kill }),
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.retire()));
    await this.#frontDoor?.stop();
    await this.#pooler?.stop();
    await stopPostgres({ dataDirectory: this.postgresDirectory, mode: "immediate" });
  }

  async #start(prepare: (databaseUrl: string) => Promise<void>): Promise<void> {
    const { directory, poolSize } = this.#options;
    for (const each of [
      this.dataDirectory,
      this.logDirectory,
      join(directory, "haproxy"),
      join(directory, "pgbouncer"),
    ])
      mkdirSync(each, { recursive: true });
    this.#databaseUrl = await this.startPostgres();
    const { status, output } = await this.migrate(this.#options.build);
    if (status !== 0) throw new Error(`the init tasks failed:\n${output}`);
    await prepare(this.#databaseUrl);
    const databaseUrl = this.#databaseUrl;
    this.#pooler = await startPgBouncer({ directory: join(directory, "pgbouncer"), databaseUrl, poolSize });
    await this.#startServers();
    const webs = this.webs.map(({ port, managementPort }) => ({ host: "127.0.0.1", port, managementPort }));
    this.#frontDoor = await startHaProxy({ directory: join(directory, "haproxy"), webs });
    this.#admin = await administratorOf(this.#frontDoor.url);
  }

  async #startServers(): Promise<void> {
    for (let number = 1; number <= this.#options.workers; number++)
      this.workers.push(await this.#server(number, false));
    for (let number = 1; number <= this.#options.webs; number++) this.webs.push(await this.#server(number, true));
    await Promise.all(this.servers.map((server) => server.start()));
  }

  async #server(number: number, web: boolean): Promise<SupervisedServer> {
    const name = `${web ? "web" : "worker"}-${number}`;
    return new SupervisedServer(name, {
      databaseUrl: this.pooler.url,
      dataDirectory: this.dataDirectory,
      ...(this.#options.build === undefined ? {} : { build: this.#options.build }),
      environment: {
        DT_INIT_TASKS_ENABLED: "false",
        ...this.#options.environment,
        ...(web ? { DT_CONFIG_PROFILE: "web", ...this.#options.webEnvironment } : {}),
      },
      logFile: join(this.logDirectory, `${name}.log`),
      port: await freePort(),
      managementPort: await freePort(),
    });
  }
}

function present<T>(part: T | undefined, name: string): T {
  if (part === undefined) throw new Error(`${name} has not started`);
  return part;
}

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ensurePostgres, stopPostgres } from "@evertrack/embedded-postgres";
import { type ApiClient, administratorOf } from "./api-client.ts";
import { freePort } from "./free-port.ts";
import { startHaProxy } from "./front-door/haproxy.ts";
import { startPgBouncer } from "./front-door/pgbouncer.ts";
import { runServer } from "./server-run.ts";
import { SupervisedServer } from "./supervised-server.ts";

/** Small enough to be used up by a test, large enough for what the servers do. */
const POSTGRES_SETTINGS = { max_connections: "80", shared_buffers: "128MB", max_wal_size: "2GB" };

export interface SplitClusterOptions {
  /** Everything lives below it: database, uploads, logs. */
  readonly directory: string;
  readonly workers: number;
  readonly webs: number;
  /** Connections PgBouncer opens to PostgreSQL. */
  readonly poolSize: number;
  readonly environment: Record<string, string>;
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
    await this.#migrate();
    await prepare(this.#databaseUrl);
    const databaseUrl = this.#databaseUrl;
    this.#pooler = await startPgBouncer({ directory: join(directory, "pgbouncer"), databaseUrl, poolSize });
    await this.#startServers();
    const webs = this.webs.map(({ port, managementPort }) => ({ host: "127.0.0.1", port, managementPort }));
    this.#frontDoor = await startHaProxy({ directory: join(directory, "haproxy"), webs });
    this.#admin = await administratorOf(this.#frontDoor.url);
  }

  async #migrate(): Promise<void> {
    const { status, output } = await runServer({
      databaseUrl: this.#databaseUrl,
      dataDirectory: this.dataDirectory,
      environment: { DT_INIT_TASKS_EXIT_AFTER_COMPLETION: "true" },
    });
    if (status !== 0) throw new Error(`the init tasks failed:\n${output}`);
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
      environment: {
        DT_INIT_TASKS_ENABLED: "false",
        ...this.#options.environment,
        ...(web ? { DT_CONFIG_PROFILE: "web" } : {}),
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

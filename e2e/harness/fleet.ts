import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testDatabase } from "@evertrack/embedded-postgres/testing";
import pg from "pg";
import { type ApiClient, administratorOf } from "./api-client.ts";
import type { Build } from "./derived-build.ts";
import { freePort } from "./free-port.ts";
import type { FrontDoor, FrontDoorOptions } from "./front-door/front-door.ts";
import { type Pooler, startPgBouncer } from "./front-door/pgbouncer.ts";
import { ServerProcess } from "./server-process.ts";
import { runServer } from "./server-run.ts";

export interface FleetOptions {
  webs: number;
  workers: number;
  /** What stands in front of the webs; none: the first web is asked. */
  frontDoor?: (options: FrontDoorOptions) => Promise<FrontDoor>;
  /** Connections through PgBouncer in transaction mode. */
  pooled?: boolean;
  environment?: Record<string, string>;
  /**
   * What webs and workers run, the work tree when left out. The schema is that of the workers; where webs run something else it
   * was that of the webs before, which are there first.
   */
  builds?: { readonly webs: Build; readonly workers: Build };
  /** A database of its own; otherwise one on the server all tests share. */
  databaseUrl?: string;
}

/** One place in the fleet: its address stays, its processes come and go. */
export interface Place {
  name: string;
  port: number;
  managementPort: number;
  environment: Record<string, string>;
  server: ServerProcess;
}

/** Webs and workers at fixed ports on one database, where tests decide which process starts and ends when. */
export class Fleet {
  readonly directory: string;
  readonly webs: Place[] = [];
  readonly workers: Place[] = [];
  readonly #options: FleetOptions;
  readonly #undo: (() => Promise<unknown>)[] = [];
  #database: pg.Pool | undefined;
  #databaseUrl = "";
  #connectionUrl = "";
  #builds: FleetOptions["builds"];
  #door: FrontDoor | undefined;
  #pooler: Pooler | undefined;
  #admin: ApiClient | undefined;

  private constructor(options: FleetOptions, directory: string) {
    this.#options = options;
    this.#builds = options.builds;
    this.directory = directory;
  }

  static async start(options: FleetOptions): Promise<Fleet> {
    const directory = await mkdtemp(join(tmpdir(), "evertrack-fleet-"));
    const fleet = new Fleet(options, directory);
    try {
      await fleet.#start();
      return fleet;
    } catch (error) {
      await fleet.close();
      throw error;
    }
  }

  /** Address of the front door, or of the first web. */
  get url(): string {
    return this.#door?.url ?? this.#first.server.url;
  }

  /** Talks to `url` as an administrator. */
  get admin(): ApiClient {
    if (this.#admin === undefined) throw new Error("the fleet has not started");
    return this.#admin;
  }

  get places(): Place[] {
    return [...this.workers, ...this.webs];
  }

  /** A process at the address of one that has ended. */
  async startAt(place: Place): Promise<void> {
    place.server = await this.#process(place);
  }

  /** Replaces every process by one of another build, workers first. */
  async moveTo(build: Build): Promise<void> {
    this.#builds = { webs: build, workers: build };
    for (const place of this.places) {
      await place.server.stop();
      await this.startAt(place);
    }
  }

  /** The database without a pooler. */
  get databaseUrl(): string {
    return this.#databaseUrl;
  }

  /** Asks the database directly. */
  async rows<R>(statement: string, values: unknown[] = []): Promise<R[]> {
    if (this.#database === undefined) throw new Error("the fleet has not started");
    return (await this.#database.query(statement, values)).rows as R[];
  }

  async close(): Promise<void> {
    for (const { server } of this.places) if (server.running) server.signal("SIGCONT");
    await Promise.all(this.places.map(({ server }) => (server.running ? server.stop() : undefined)));
    for (const step of this.#undo.splice(0).reverse()) await step();
    if (process.env.EVERTRACK_KEEP_E2E === undefined) await rm(this.directory, { recursive: true, force: true });
  }

  get #first(): Place {
    const [first] = [...this.webs, ...this.workers];
    if (first === undefined) throw new Error("no instance was asked for");
    return first;
  }

  async #start(): Promise<void> {
    const databaseUrl = this.#options.databaseUrl ?? (await this.#ownDatabase());
    this.#databaseUrl = databaseUrl;
    this.#database = new pg.Pool({ connectionString: databaseUrl, max: 2 });
    this.#database.on("error", () => undefined);
    this.#undo.push(async () => this.#database?.end());
    for (const build of this.#inOrder) await this.#migrate(databaseUrl, build);
    this.#connectionUrl = this.#options.pooled ? await this.#startPooler(databaseUrl) : databaseUrl;
    const webs = this.#addAll(this.webs, "web", this.#options.webs);
    if (this.#inOrder.length > 1) await webs;
    await Promise.all([webs, this.#addAll(this.workers, "worker", this.#options.workers)]);
    await this.#openDoor();
    this.#admin = await administratorOf(this.url);
  }

  async #ownDatabase(): Promise<string> {
    const database = await testDatabase();
    this.#undo.push(() => database.drop());
    return database.url;
  }

  /** The builds that make the schema, one after the other. */
  get #inOrder(): (Build | undefined)[] {
    const { webs, workers } = this.#builds ?? {};
    return webs?.directory === workers?.directory ? [workers] : [webs, workers];
  }

  async #migrate(databaseUrl: string, build: Build | undefined): Promise<void> {
    const environment = { DT_INIT_TASKS_EXIT_AFTER_COMPLETION: "true" };
    const { status, output } = await runServer({
      databaseUrl,
      dataDirectory: this.directory,
      environment,
      ...(build === undefined ? {} : { build }),
    });
    if (status !== 0) throw new Error(`the init tasks failed:\n${output}`);
  }

  #build(role: "webs" | "workers"): { build?: Build } {
    return this.#builds === undefined ? {} : { build: this.#builds[role] };
  }

  async #startPooler(databaseUrl: string): Promise<string> {
    const directory = join(this.directory, "pgbouncer");
    await mkdir(directory);
    this.#pooler = await startPgBouncer({ directory, databaseUrl });
    this.#undo.push(async () => this.#pooler?.stop());
    return this.#pooler.url;
  }

  async #openDoor(): Promise<void> {
    if (this.#options.frontDoor === undefined) return;
    const directory = join(this.directory, "front-door");
    await mkdir(directory);
    const webs = this.webs.map(({ port, managementPort }) => ({ host: "127.0.0.1", port, managementPort }));
    this.#door = await this.#options.frontDoor({ directory, webs });
    this.#undo.push(async () => this.#door?.stop());
  }

  async #addAll(places: Place[], role: "web" | "worker", count: number): Promise<void> {
    const environment: Record<string, string> = role === "web" ? { DT_CONFIG_PROFILE: "web" } : {};
    await Promise.all(Array.from({ length: count }, (_, index) => this.#add(places, `${role}-${index}`, environment)));
  }

  async #add(places: Place[], name: string, environment: Record<string, string>): Promise<void> {
    const place = { name, port: await freePort(), managementPort: await freePort(), environment };
    places.push({ ...place, server: await this.#process(place) });
  }

  #process({ name, port, managementPort, environment }: Omit<Place, "server">): Promise<ServerProcess> {
    return ServerProcess.start({
      ...this.#build(environment.DT_CONFIG_PROFILE === "web" ? "webs" : "workers"),
      databaseUrl: this.#connectionUrl,
      dataDirectory: this.directory,
      environment: {
        DT_INIT_TASKS_ENABLED: "false",
        ...(this.#options.pooled ? { DT_DATASOURCE_POOL_ENABLED: "false" } : {}),
        ...this.#options.environment,
        ...environment,
      },
      logFile: join(this.directory, `${name}.log`),
      port,
      managementPort,
    });
  }
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testDatabase } from "@evertrack/embedded-postgres/testing";
import { type ApiClient, administratorOf } from "./api-client.ts";
import { ServerProcess } from "./server-process.ts";

export interface ClusterOptions {
  instances?: number;
  environment?: Record<string, string>;
}

/** Server processes on one fresh database and one storage directory, with an administrator's key. */
export class Cluster {
  readonly databaseUrl: string;
  readonly directory: string;
  readonly #dropDatabase: () => Promise<void>;
  readonly #environment: Record<string, string>;
  instances: ServerProcess[] = [];
  #admin: ApiClient | undefined;

  private constructor(
    databaseUrl: string,
    dropDatabase: () => Promise<void>,
    directory: string,
    environment: Record<string, string>,
  ) {
    this.databaseUrl = databaseUrl;
    this.#dropDatabase = dropDatabase;
    this.directory = directory;
    this.#environment = environment;
  }

  static async start({ instances = 1, environment = {} }: ClusterOptions = {}): Promise<Cluster> {
    const database = await testDatabase();
    const directory = await mkdtemp(join(tmpdir(), "evertrack-e2e-"));
    const cluster = new Cluster(database.url, () => database.drop(), directory, environment);
    try {
      for (let count = 0; count < instances; count++) await cluster.addInstance();
      cluster.#admin = await administratorOf(cluster.first.url);
      return cluster;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  /** One more instance of the same installation. */
  async addInstance(environment: Record<string, string> = {}): Promise<ServerProcess> {
    const instance = await ServerProcess.start({
      databaseUrl: this.databaseUrl,
      dataDirectory: this.directory,
      environment: { ...this.#environment, ...environment },
      logFile: join(this.directory, `server-${this.instances.length}.log`),
    });
    this.instances.push(instance);
    return instance;
  }

  get first(): ServerProcess {
    const instance = this.instances.find(({ running }) => running);
    if (instance === undefined) throw new Error("no instance runs");
    return instance;
  }

  /** Talks to the first instance as an administrator. */
  get admin(): ApiClient {
    if (this.#admin === undefined) throw new Error("the cluster has not started");
    return this.#admin;
  }

  /** The administrator's key at another instance. */
  clientOf(instance: ServerProcess): ApiClient {
    return this.admin.at(instance.url);
  }

  async close(): Promise<void> {
    await Promise.all(this.instances.filter(({ running }) => running).map((instance) => instance.stop()));
    await this.#dropDatabase();
    if (process.env.EVERTRACK_KEEP_E2E === undefined) await rm(this.directory, { recursive: true, force: true });
  }
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Permission } from "@evertrack/contract";
import { testDatabase } from "@evertrack/embedded-postgres/testing";
import { createEngine, type Engine } from "@evertrack/engine";
import { engineMigrationsDirectory } from "@evertrack/engine/migrations";
import { migrate } from "@evertrack/migrator";
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from "fastify";
import { engineOptions } from "../boot/engine.ts";
import { composeFeatures, type Features, seedFeatures } from "../boot/features.ts";
import { appMigrationsDirectory } from "../boot/init-tasks.ts";
import type { Backfill } from "../features/upgrades/index.ts";
import { systemClock } from "../platform/clock/clock.ts";
import { type Config, loadConfig } from "../platform/config/index.ts";
import { Database, dataSourceSettings, type Tx } from "../platform/db/index.ts";
import { FileStore } from "../platform/files/index.ts";
import { createHttpServer, httpSettings } from "../platform/http/index.ts";
import { createLog, type Log } from "../platform/log/log.ts";
import { OutboxRelay, relayProperties, relaySettings } from "../platform/outbox/index.ts";
import { migrateByNamedBuild } from "./schema-of-build.ts";

const ADMIN_PASSWORD = "a test password";

interface TestServerOptions {
  /** Run the engine and the outbox relay too; otherwise started runs wait. */
  working?: boolean;
  properties?: Record<string, string>;
  backfills?: readonly Backfill[];
  /** As after an upgrade was finalized, unless told otherwise. */
  gatesOpen?: boolean;
}

/** The composed server on a database of its own, in this process; requests are injected. */
export class TestServer {
  readonly app: FastifyInstance;
  readonly database: Database;
  readonly databaseUrl: string;
  readonly config: Config;
  readonly files: FileStore;
  readonly log: Log;
  readonly engine: Engine<Tx>;
  readonly #features: Features;
  readonly #parts: { stop(): Promise<void> }[];
  #adminToken: string | undefined;

  constructor(
    parts: Omit<TestServer, "routes" | "request" | "adminToken" | "keyWith" | "stopFeatures" | "close"> & {
      features: Features;
    },
    stop: { stop(): Promise<void> }[],
  ) {
    this.app = parts.app;
    this.database = parts.database;
    this.databaseUrl = parts.databaseUrl;
    this.config = parts.config;
    this.files = parts.files;
    this.log = parts.log;
    this.engine = parts.engine;
    this.#features = parts.features;
    this.#parts = stop;
  }

  /** Those of all features. */
  get routes(): Features["routes"] {
    return this.#features.routes;
  }

  /** A request with an API key, or as nobody. */
  request(
    method: string,
    url: string,
    options: { key?: string; body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<LightMyRequestResponse> {
    const headers = { ...(options.key === undefined ? {} : { "x-api-key": options.key }), ...options.headers };
    const payload =
      options.body === undefined ? {} : { payload: options.body as NonNullable<InjectOptions["payload"]> };
    return this.app.inject({ method: method as "GET", url, headers, ...payload });
  }

  /** Session token of the user admin, whose password was changed at the first login. */
  async adminToken(): Promise<string> {
    if (this.#adminToken === undefined) {
      const change = {
        username: "admin",
        password: "admin",
        newPassword: ADMIN_PASSWORD,
        confirmPassword: ADMIN_PASSWORD,
      };
      await this.#form("/api/v1/user/forceChangePassword", change);
      this.#adminToken = (
        await this.#form("/api/v1/user/login", { username: "admin", password: ADMIN_PASSWORD })
      ).payload;
    }
    return this.#adminToken;
  }

  /** A new team holding these permissions and a key of it. */
  async keyWith(
    permissions: readonly Permission[],
    teamName = `team ${crypto.randomUUID()}`,
  ): Promise<{ key: string; teamUuid: string }> {
    const headers = { authorization: `Bearer ${await this.adminToken()}` };
    const team = (await this.request("PUT", "/api/v1/team", { headers, body: { name: teamName } })).json<{
      uuid: string;
    }>();
    if (permissions.length > 0)
      await this.request("PUT", "/api/v1/permission/team", { headers, body: { team: team.uuid, permissions } });
    const { key } = (await this.request("PUT", `/api/v1/team/${team.uuid}/key`, { headers })).json<{ key: string }>();
    return { key, teamUuid: team.uuid };
  }

  /** Ends what features do in the background, so that what they hold back is written. */
  async stopFeatures(): Promise<void> {
    await this.#features.stop();
  }

  async close(): Promise<void> {
    for (const part of this.#parts.toReversed()) await part.stop();
  }

  #form(url: string, fields: Record<string, string>): Promise<LightMyRequestResponse> {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return this.app.inject({ method: "POST", url, headers, payload: new URLSearchParams(fields).toString() });
  }
}

/** Starts the composed server on a clone of a migrated and seeded database. */
export async function testServer({
  working = false,
  properties = {},
  backfills = [],
  gatesOpen = true,
}: TestServerOptions = {}): Promise<TestServer> {
  const log = createLog({ level: process.env.EVERTRACK_TEST_LOG ?? "fatal", instance: "test" });
  const clone = await testDatabase({ template: { name: "server", prepare: (url) => prepare(url, log) } });
  const directory = await mkdtemp(join(tmpdir(), "evertrack-test-"));
  const config = configOf(clone.url, directory, properties);
  const database = new Database(dataSourceSettings(config, "default", "evertrack test"), log);
  const files = FileStore.fromConfig(config);
  await files.open();
  const features = composeFeatures({
    config,
    database,
    files,
    clock: systemClock,
    log,
    backfills,
    gates: { isOpen: () => gatesOpen },
  });
  const engine = createEngine<Tx>(
    engineOptions({ config, database, log, instanceId: `test-${crypto.randomUUID()}`, features }),
  );
  features.connect(engine);
  await features.start();
  const app = await createHttpServer({
    settings: httpSettings(config),
    version: "test",
    routes: features.routes,
    authenticate: features.authenticate,
    log,
    draining: () => false,
  });
  const parts = [
    { stop: () => rm(directory, { recursive: true, force: true }) },
    { stop: () => clone.drop() },
    { stop: () => database.close() },
    { stop: () => features.stop() },
    ...(working ? await startWork(engine, features, database, config, log) : []),
    { stop: () => app.close() },
  ];
  return new TestServer({ app, database, databaseUrl: clone.url, config, files, log, engine, features }, parts);
}

async function startWork(engine: Engine<Tx>, features: Features, database: Database, config: Config, log: Log) {
  const relay = new OutboxRelay(database, features.subscribers, relaySettings(config), log);
  await engine.start();
  if (config.get(relayProperties.enabled)) relay.start();
  return [{ stop: () => engine.stop() }, { stop: () => relay.stop() }];
}

function configOf(databaseUrl: string, directory: string, properties: Record<string, string>): Config {
  const overrides = new Map(
    Object.entries({
      "dt.datasource.url": databaseUrl,
      "dt.data-directory": directory,
      "dt.datasource.pool.max-size": "10",
      "dt.bcrypt.rounds": "4",
      "dt.notification.outbox-relay.poll-interval-ms": "20",
      ...properties,
    }),
  );
  return loadConfig({ environment: {}, workingDirectory: directory, overrides });
}

async function prepare(url: string, log: Log): Promise<void> {
  await migrate({ connectionString: url, directory: appMigrationsDirectory, component: "app", version: "test" });
  await migrate({ connectionString: url, directory: engineMigrationsDirectory, component: "engine", version: "test" });
  const config = configOf(url, tmpdir(), {});
  const database = new Database(dataSourceSettings(config, "default", "evertrack test"), log);
  await seedFeatures(config, database);
  await database.close();
  await migrateByNamedBuild(url);
}

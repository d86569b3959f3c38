import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { createEngine } from "@evertrack/engine";
import type { FastifyInstance } from "fastify";
import { type ClusterMembership, clusterMembership } from "../features/cluster/index.ts";
import { systemClock } from "../platform/clock/clock.ts";
import type { Config } from "../platform/config/index.ts";
import { Database, dataSourceSettings, type Tx } from "../platform/db/index.ts";
import { FileStore } from "../platform/files/index.ts";
import { Health, InitTaskProgress, ManagementServer } from "../platform/health/index.ts";
import { closeGently, createHttpServer, httpSettings } from "../platform/http/index.ts";
import type { Log } from "../platform/log/log.ts";
import { OutboxRelay, relayProperties, relaySettings } from "../platform/outbox/index.ts";
import { addEngineMetrics, Metrics } from "../platform/telemetry/index.ts";
import { addClusterCheck, addClusterMetrics, reportEngine } from "./cluster.ts";
import { engineOptions } from "./engine.ts";
import { composeFeatures, type Features, seedFeatures } from "./features.ts";
import { addApiCheck, addDatabaseCheck, addEngineCheck, addRelayMetrics } from "./health.ts";
import { runInitTasks } from "./init-tasks.ts";
import { generalProperties } from "./properties.ts";
import { VERSION } from "./version.ts";

/** Something that was started: `work` is handed back at once, the `door` closes after draining, the rest follows. */
interface Part {
  name: string;
  kind: "work" | "door" | "rest";
  stop(): Promise<void>;
}

/** One is used; the second is for leaving while a beat hangs. */
const HEARTBEAT_CONNECTIONS_MAX = 2;

/**
 * One server instance. Start: management port → init tasks → cluster → files → features → engine → relay → API port. Stop is the
 * reverse, after draining: readiness turns DOWN while requests are still answered, so that proxies move on first.
 */
export class Instance {
  readonly #config: Config;
  readonly #log: Log;
  readonly #id: string;
  readonly #health = new Health();
  readonly #metrics = new Metrics(VERSION);
  readonly #progress = new InitTaskProgress();
  readonly #management: ManagementServer;
  readonly #started: Part[] = [];
  readonly #onRemoved: (reason: string) => void;
  #state: "starting" | "serving" | "draining" = "starting";
  #membership: ClusterMembership | undefined;

  /** `onRemoved` is to end the process: the cluster has given this instance's work to others. */
  constructor(config: Config, log: Log, id: string, onRemoved: (reason: string) => void) {
    this.#config = config;
    this.#log = log;
    this.#id = id;
    this.#onRemoved = onRemoved;
    this.#health.add(this.#progress);
    addApiCheck(this.#health, () => this.#state);
    this.#management = new ManagementServer(config, this.#health, this.#metrics);
  }

  /** Management port and init tasks. */
  async initialise(): Promise<void> {
    const port = await this.#management.listen();
    this.#onStop("management server", () => this.#management.close());
    this.#log.info({ port }, "management server listens");
    await runInitTasks({
      config: this.#config,
      log: this.#log,
      progress: this.#progress,
      seed: (database) => seedFeatures(this.#config, database),
    });
  }

  /** Everything else; resolves once the API answers. The port of the API is in the log and returned. */
  async start(): Promise<number> {
    const database = new Database(dataSourceSettings(this.#config, "default", `evertrack ${this.#id}`), this.#log);
    this.#onStop("database", () => database.close());
    addDatabaseCheck(this.#health, this.#metrics, database);
    const membership = await this.#join();
    const files = FileStore.fromConfig(this.#config);
    await files.open();
    const features = composeFeatures({ config: this.#config, database, files, clock: systemClock, log: this.#log });
    await features.start();
    this.#onStop("features", () => features.stop());
    const engine = createEngine<Tx>(
      engineOptions({
        config: this.#config,
        database,
        log: this.#log,
        instanceId: this.#id,
        features,
        mayClaim: () => !membership.isLapsed(),
      }),
    );
    features.connect(engine);
    addEngineMetrics(this.#metrics, engine, this.#id);
    reportEngine(membership, engine);
    await engine.start();
    addEngineCheck(this.#health, engine);
    this.#onStop("engine", () => engine.stop({ graceMs: this.#config.get(generalProperties.workGraceMs) }), "work");
    this.#startRelay(database, features, membership);
    const port = await this.#listen(await this.#createApi(features, membership));
    await membership.setState("ready", port);
    return port;
  }

  /**
   * Drains, then stops what was started, in reverse. Work is handed back while requests are still taken, so that others go on
   * with it at once. Safe to call at any time, once.
   */
  async stop(): Promise<void> {
    const served = this.#state === "serving";
    this.#state = "draining";
    void this.#membership?.setState("draining");
    const { work = [], door = [], rest = [] } = Object.groupBy(this.#started.reverse(), ({ kind }) => kind);
    const drained = served ? delay(this.#config.get(generalProperties.drainDelayMs)) : Promise.resolve();
    await Promise.all([this.#end(work), drained.then(() => this.#end(door))]);
    await this.#end(rest);
  }

  async #end(parts: readonly Part[]): Promise<void> {
    for (const part of parts) {
      const startedMs = performance.now();
      await part
        .stop()
        .catch((error: unknown) => this.#log.error({ err: error, part: part.name }, "did not stop cleanly"));
      this.#log.debug({ part: part.name, durationMs: Math.round(performance.now() - startedMs) }, "a part stopped");
    }
  }

  #onStop(name: string, stop: () => Promise<void>, kind: Part["kind"] = "rest"): void {
    this.#started.push({ name, stop, kind });
  }

  /**
   * Enters the registry before anything is claimed; leaves it last. Heartbeats have connections of their own: an instance that
   * uses all the others is busy, and nobody is to remove it for that.
   */
  async #join(): Promise<ClusterMembership> {
    const settings = dataSourceSettings(this.#config, "default", `evertrack ${this.#id}`);
    const database = new Database({ ...settings, poolSizeMax: HEARTBEAT_CONNECTIONS_MAX }, this.#log);
    this.#onStop("heartbeat database", () => database.close());
    const membership = clusterMembership({
      config: this.#config,
      database,
      log: this.#log,
      version: VERSION,
      instanceId: this.#id,
      onRemoved: this.#onRemoved,
    });
    await membership.join();
    this.#membership = membership;
    this.#onStop("cluster", () => membership.leave());
    addClusterCheck(this.#health, membership);
    addClusterMetrics(this.#metrics, membership);
    return membership;
  }

  #startRelay(database: Database, features: Features, membership: ClusterMembership): void {
    if (!this.#config.get(relayProperties.enabled)) return;
    const settings = { ...relaySettings(this.#config), mayCarry: () => !membership.isLapsed() };
    const relay = new OutboxRelay(database, features.subscribers, settings, this.#log);
    addRelayMetrics(this.#metrics, relay);
    relay.start();
    this.#onStop("outbox relay", () => relay.stop(), "work");
  }

  #createApi(features: Features, membership: ClusterMembership): Promise<FastifyInstance> {
    return createHttpServer({
      settings: httpSettings(this.#config),
      version: VERSION,
      routes: features.routes,
      authenticate: features.authenticate,
      log: this.#log,
      draining: () => this.#state === "draining",
      outOfService: () => membership.isLapsed(),
      observe: (request) => this.#metrics.observeRequest(request),
    });
  }

  async #listen(app: FastifyInstance): Promise<number> {
    const { host, port } = httpSettings(this.#config);
    await app.listen({ host, port });
    this.#onStop("API", () => closeGently(app, this.#config.get(generalProperties.graceMs)), "door");
    this.#state = "serving";
    const bound = (app.server.address() as AddressInfo).port;
    this.#log.info({ host, port: bound }, "the API is ready");
    return bound;
  }
}

import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { createEngine, type Engine } from "@evertrack/engine";
import type { FastifyInstance } from "fastify";
import { type ClusterMembership, clusterMembership } from "../features/cluster/index.ts";
import { AutoFinalize, GATES, Gates, loadManifest, upgradeProperties } from "../features/upgrades/index.ts";
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
import { checkStart } from "./start-check.ts";
import { VERSION } from "./version.ts";

/** Something that was started: `work` is handed back at once, the `door` closes after draining, the rest follows. */
interface Part {
  name: string;
  kind: "work" | "door" | "rest";
  stop(): Promise<void>;
}

/** One is used; the second is for leaving while a beat hangs. */
const HEARTBEAT_CONNECTIONS_MAX = 2;
/** An instance that is not ready by then is opened to probes all the same, so that they tell why. */
const READY_WAIT_MAX_MS = 30_000;
const READY_POLL_MS = 100;

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
  readonly #gates = new Gates(GATES);
  readonly #build = { version: VERSION, minBesideVersion: loadManifest().minBesideVersion };
  readonly #onRemoved: (reason: string) => void;
  /** What still comes to this process is answered for the one that has the sockets. */
  #healthLeft = false;
  #state: "starting" | "serving" | "draining" = "starting";
  #membership: ClusterMembership | undefined;

  /** `onRemoved` is to end the process: the cluster has given this instance's work to others. */
  constructor(config: Config, log: Log, id: string, onRemoved: (reason: string) => void) {
    this.#config = config;
    this.#log = log;
    this.#id = id;
    this.#onRemoved = onRemoved;
    this.#health.add(this.#progress);
    addApiCheck(this.#health, () => (this.#healthLeft && this.#state === "draining" ? "serving" : this.#state));
    this.#management = new ManagementServer(config, this.#health, this.#metrics);
  }

  /** Management port, unless it is shared, and init tasks. */
  async initialise(): Promise<void> {
    this.#onStop("management server", () => this.#management.close());
    if (!this.#management.isShared) await this.#openManagement();
    const { fresh } = await checkStart(this.#config, this.#log, this.#build);
    await runInitTasks({
      config: this.#config,
      log: this.#log,
      progress: this.#progress,
      fresh,
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
    const gates = this.#gates;
    const features = composeFeatures({
      config: this.#config,
      database,
      files,
      clock: systemClock,
      log: this.#log,
      gates,
    });
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
        gates,
      }),
    );
    features.connect(engine);
    addEngineMetrics(this.#metrics, engine, this.#id);
    features.addMetrics(this.#metrics);
    reportEngine(membership, engine);
    await engine.start();
    addEngineCheck(this.#health, engine);
    this.#onStop("engine", () => engine.stop({ graceMs: this.#config.get(generalProperties.workGraceMs) }), "work");
    this.#startRelay(database, features, membership);
    this.#startAutoFinalize(features, engine, membership);
    const port = await this.#listen(await this.#createApi(features, membership));
    await membership.setState("ready", port);
    if (this.#management.isShared) await this.#openWhenReady();
    return port;
  }

  /** Another instance answers at the same sockets: health is its business from now on. To be stopped next. */
  leaveHealth(): void {
    this.#healthLeft = true;
    if (this.#management.isShared) this.#management.retire();
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
      ...this.#build,
      instanceId: this.#id,
      follower: this.#gates,
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

  #startAutoFinalize(features: Features, engine: Engine<Tx>, membership: ClusterMembership): void {
    const auto = new AutoFinalize({
      afterMs: this.#config.get(upgradeProperties.autoFinalizeAfterMs),
      version: VERSION,
      log: this.#log,
      isLeader: () => engine.isLeader(),
      upgradeWindow: () => membership.upgradeWindow(),
      finalize: () => features.finalizing.run(this.#id),
    });
    auto.start();
    this.#onStop("finalizing by itself", async () => auto.stop(), "work");
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

  async #openManagement(): Promise<void> {
    const port = await this.#management.listen();
    this.#log.info({ port }, "management server listens");
  }

  /** Whoever asks at the shared socket is to hear that this instance is ready, or to be answered by the one before it. */
  async #openWhenReady(): Promise<void> {
    const beganMs = performance.now();
    while ((await this.#health.report(["readiness"])).status !== "UP") {
      if (this.#state !== "serving" || performance.now() - beganMs > READY_WAIT_MAX_MS) break;
      await delay(READY_POLL_MS);
    }
    if (this.#state === "serving") await this.#openManagement();
  }

  async #listen(app: FastifyInstance): Promise<number> {
    const { host, port, fd } = httpSettings(this.#config);
    // Besides a descriptor the framework would look up the host's other addresses.
    await app.listen(fd === undefined ? { host, port } : { host: "127.0.0.1", ...{ fd } });
    this.#onStop("API", () => closeGently(app, this.#config.get(generalProperties.graceMs)), "door");
    this.#state = "serving";
    const bound = (app.server.address() as AddressInfo).port;
    this.#log.info({ host, port: bound }, "the API is ready");
    return bound;
  }
}

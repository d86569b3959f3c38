import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "../../platform/db/index.ts";
import type { Log } from "../../platform/log/log.ts";
import type { HeartbeatTiming } from "./config.ts";
import { enterCluster } from "./enter.ts";
import { type EpochFollower, followsNothing } from "./epoch-follower.ts";
import type { ClusterState } from "./rules/cluster-state.ts";
import { compareLook, type Observations } from "./rules/sweep.ts";
import { type InstanceRow, type InstanceState, type UpgradeWindow, viewCluster, windowOf } from "./rules/view.ts";
import { readClusterState } from "./store/cluster-state.ts";
import {
  deleteInstance,
  deleteLongGone,
  listInstances,
  markGone,
  type NewInstance,
  writeBeat,
} from "./store/instances.ts";

/** After a beat that failed the next one comes sooner. */
const RETRY_MS = 1_000;
/** Beats without an answer at a time; more would only queue behind them. */
const UNANSWERED_MAX = 3;
const GONE_KEPT_MS = 3_600_000;

export interface MembershipOptions {
  database: Database;
  log: Log;
  identity: Omit<NewInstance, "intervalMs" | "lapseMs" | "gateEpoch">;
  /** Queues somebody has to serve. */
  queuesKnown: readonly string[];
  timing: HeartbeatTiming;
  /** The oldest version this build may run beside. */
  minBesideVersion: string;
  /** Default: nothing depends on the epoch. */
  follower?: EpochFollower;
  /** A window of mixed versions is told as a warning when it is older than this; 0 = never. */
  windowWarnMs: number;
  /** The others removed this instance: end the process before it does anything more. Called once. */
  onRemoved(reason: string): void;
}

/** What the others are told of an instance with each beat. */
export interface InstanceReport {
  leader: boolean;
  inFlight: number;
  eventLoopLagMs?: number;
}

/** What one beat told, and what it was told. */
interface Exchanged {
  known: boolean;
  rows: InstanceRow[];
  state: ClusterState;
  toldEpoch: number;
}

/** This instance's place in the cluster; the README tells the protocol. Times are of the monotonic clock. */
export class ClusterMembership {
  readonly #options: MembershipOptions;
  /** A beat without an answer for this long has failed; a pause as long in beating makes it look at the others anew. */
  readonly #patienceMs: number;
  readonly #leaving = new AbortController();
  #report: () => InstanceReport = () => ({ leader: false, inFlight: 0 });
  #state: InstanceState = "starting";
  #apiPort: number | undefined;
  #lastBeatMs = Number.NEGATIVE_INFINITY;
  #lastLookMs = Number.NEGATIVE_INFINITY;
  #observations: Observations = new Map();
  #rows: InstanceRow[] = [];
  #clusterState: ClusterState | undefined;
  /** The epoch this process has taken over. */
  #acknowledgedEpoch = 0;
  /** The epoch the others have been told it has taken over. */
  #toldEpoch = 0;
  #following = false;
  #unanswered = 0;
  /** Of the beat that is waited for. */
  #limit: AbortController | undefined;
  #failing = false;
  #removed = false;
  #loop: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #waiting: (() => void)[] = [];

  constructor(options: MembershipOptions) {
    this.#options = options;
    const { intervalMs, lapseMs } = options.timing;
    this.#patienceMs = Math.min(2 * intervalMs, lapseMs / 2);
  }

  /** Enters the registry and begins to beat. Throws JoinRefusedError when this version may not run in this cluster. */
  async join(): Promise<void> {
    const { database, identity, timing, minBesideVersion, follower = followsNothing } = this.#options;
    const askedAtMs = performance.now();
    const entrant = { instance: { ...identity, ...timing }, minBesideVersion, follower };
    const state = await database.transaction((tx) => enterCluster(tx, entrant));
    this.#clusterState = state;
    this.#acknowledgedEpoch = state.epoch;
    this.#toldEpoch = state.epoch;
    this.#lastBeatMs = askedAtMs;
    this.#loop = this.#run();
  }

  /** Where beats get their numbers from. */
  reportFrom(report: () => InstanceReport): void {
    this.#report = report;
  }

  /** Resolves when the others can see it, or when that failed: it is told again with each beat. */
  async setState(state: "starting" | "ready" | "draining", apiPort = this.#apiPort): Promise<void> {
    this.#state = state;
    this.#apiPort = apiPort;
    if (this.#loop === undefined || this.#leaving.signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    this.#wake?.();
    await promise;
  }

  /** True while this instance is not certainly a member: before it joined, and when it could not beat for the lapse time. */
  isLapsed(): boolean {
    return this.#removed || performance.now() - this.#lastBeatMs > this.#options.timing.lapseMs;
  }

  /** Since the last beat that was answered. */
  heartbeatAgeMs(): number {
    return performance.now() - this.#lastBeatMs;
  }

  /** The cluster as the last beat found it, ages included. */
  lastView() {
    return viewCluster(this.#rows, this.#options.queuesKnown, this.upgradeWindow());
  }

  /** The upgrade that is going on, as the last beat found it; undefined when none is. */
  upgradeWindow(): UpgradeWindow | undefined {
    return windowOf(this.#clusterState, this.#options.windowWarnMs);
  }

  /** Ends the beating and deletes the row. A row that stays because the database is away is removed by the others. */
  async leave(): Promise<void> {
    if (this.#loop === undefined || this.#leaving.signal.aborted) return;
    this.#leaving.abort();
    this.#limit?.abort();
    this.#wake?.();
    const { database, identity, log } = this.#options;
    await database
      .transaction((tx) => deleteInstance(tx, identity.id))
      .catch((error: unknown) => log.warn({ err: error }, "could not leave the cluster; the others will notice"));
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#leaving.signal.aborted && !this.#removed) {
      const startedMs = performance.now();
      const waiting = this.#waiting.splice(0);
      const beaten = await this.#attempt(startedMs);
      for (const resolve of waiting) resolve();
      const everyMs = beaten ? this.#options.timing.intervalMs : Math.min(RETRY_MS, this.#options.timing.intervalMs);
      const hasNews = this.#waiting.length > 0 || this.#acknowledgedEpoch > this.#toldEpoch;
      if (!beaten || !hasNews) await this.#pause(Math.max(0, everyMs - (performance.now() - startedMs)));
    }
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async #pause(ms: number): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const timer = new AbortController();
    await Promise.race([woken, delay(ms, undefined, { signal: timer.signal }).catch(() => undefined)]);
    timer.abort();
    this.#wake = undefined;
  }

  /** One beat; false when it failed or was not answered in time, and then the others are looked at anew. */
  async #attempt(askedAtMs: number): Promise<boolean> {
    const limit = new AbortController();
    this.#limit = limit;
    const late = delay(this.#patienceMs, false, { signal: limit.signal });
    const beat = this.#unanswered < UNANSWERED_MAX ? this.#beat(askedAtMs, limit.signal) : late;
    const beaten = await Promise.race([beat, late]).catch(() => false);
    limit.abort();
    if (!beaten) this.#observations = new Map();
    return beaten;
  }

  async #beat(askedAtMs: number, given: AbortSignal): Promise<boolean> {
    this.#unanswered++;
    try {
      const { known, rows, state, toldEpoch } = await this.#exchange();
      if (this.#leaving.signal.aborted) return false;
      if (!known) return this.#noteRemoval(rows);
      this.#lastBeatMs = Math.max(this.#lastBeatMs, askedAtMs);
      this.#noteRecovery();
      this.#toldEpoch = toldEpoch;
      this.#noteState(state);
      if (!given.aborted) await this.#look(rows, askedAtMs);
      return true;
    } catch (error) {
      this.#noteFailure(error);
      return false;
    } finally {
      this.#unanswered--;
    }
  }

  /** Tells and asks in one transaction. */
  async #exchange(): Promise<Exchanged> {
    const { database, identity } = this.#options;
    const { leader, inFlight, eventLoopLagMs } = this.#report();
    const detail = { apiPort: this.#apiPort, eventLoopLagMs };
    const toldEpoch = this.#acknowledgedEpoch;
    return database.transaction(async (tx) => {
      const known = await writeBeat(tx, identity.id, {
        state: this.#state,
        leader,
        inFlight,
        gateEpoch: toldEpoch,
        detail,
      });
      return { known, rows: await listInstances(tx), state: await readClusterState(tx), toldEpoch };
    });
  }

  #noteState(state: ClusterState): void {
    this.#clusterState = state;
    if (state.epoch > this.#acknowledgedEpoch && !this.#following) void this.#follow(state.epoch);
  }

  /** Takes an epoch over, however long that lasts, while beats go on; the next beat, at once, acknowledges it. */
  async #follow(epoch: number): Promise<void> {
    const { database, follower = followsNothing, log } = this.#options;
    this.#following = true;
    try {
      await follower.follow(database.db);
      this.#acknowledgedEpoch = epoch;
      this.#wake?.();
    } catch (error) {
      log.warn({ err: error, epoch }, "could not take over the state of the cluster; the next heartbeat tries again");
    } finally {
      this.#following = false;
    }
  }

  /** Removes who has lapsed. A pause of its own – stopped, starved, without database – makes it begin to look anew. */
  async #look(rows: InstanceRow[], askedAtMs: number): Promise<void> {
    const { database, identity, timing, log } = this.#options;
    const answeredAtMs = performance.now();
    const earlier =
      answeredAtMs - this.#lastLookMs > this.#patienceMs + timing.intervalMs ? new Map() : this.#observations;
    const { observations, lapsed } = compareLook(earlier, {
      ownId: identity.id,
      ownLapseMs: timing.lapseMs,
      rows,
      askedAtMs,
      answeredAtMs,
    });
    this.#observations = observations;
    this.#lastLookMs = answeredAtMs;
    this.#rows = rows;
    if (lapsed.length === 0 && !rows.some(({ goneForMs }) => (goneForMs ?? 0) > GONE_KEPT_MS)) return;
    const marked = await database.transaction(async (tx) => {
      await deleteLongGone(tx, GONE_KEPT_MS);
      return markGone(tx, lapsed, identity.id);
    });
    for (const id of marked)
      log.warn(
        { removed: id, lapseMs: timing.lapseMs },
        "an instance has not beaten for the lapse time and is removed",
      );
  }

  #noteRemoval(rows: readonly InstanceRow[]): false {
    if (this.#removed) return false;
    this.#removed = true;
    const by = rows.find(({ id }) => id === this.#options.identity.id)?.goneBy;
    const silentS = Math.round(this.heartbeatAgeMs() / 1000);
    this.#options.onRemoved(
      `this instance did not beat for ${silentS} s and was removed from the cluster` +
        `${by === undefined || by === null ? "" : ` by ${by}`}; others do its work, so it ends to be started anew`,
    );
    return false;
  }

  #noteFailure(error: unknown): void {
    if (!this.#failing && !this.#leaving.signal.aborted)
      this.#options.log.warn({ err: error }, "a heartbeat failed; it is tried again every second");
    this.#failing = true;
  }

  #noteRecovery(): void {
    if (this.#failing) this.#options.log.info("the heartbeat is back");
    this.#failing = false;
  }
}

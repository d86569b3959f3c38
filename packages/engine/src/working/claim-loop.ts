/**
 * Polls for runs with back-off, cut short by nudges. While writes fail nothing is claimed (back-pressure): claimed work whose
 * results cannot land would only be done again.
 */
import type { EngineLog } from "../authoring/log.ts";
import type { QueueMetrics } from "../measuring/queue-metrics.ts";
import { type Claimant, type ClaimedRun, type ClaimRequest, claimRuns, promoteDue } from "../store/claim.ts";
import { retryConflicts, sqlStateOf } from "../store/conflicts.ts";
import type { SqlExecutor } from "../store/database.ts";
import { emptyHistory, loadHistories, type RunHistory } from "../store/history.ts";
import { Alarm } from "./alarm.ts";
import type { SeqFloors } from "./seq-floors.ts";
import type { Slots } from "./slots.ts";

const PROMOTE_BATCH_SIZE = 500;
const EMPTY_POLLS_BEFORE_BACK_OFF = 3;
const BACK_OFF_FACTOR = 2;
const JITTER = 0.3;
/** Nudged polls come no closer together than this, so that a burst of nudges costs one claim. */
const POLL_GAP_MS = 5;
const UNIQUE_VIOLATION = "23505";

/** What the loop needs from its worker. */
export interface ClaimLoopOptions {
  readonly executor: SqlExecutor;
  readonly claimant: Claimant;
  readonly slots: Slots;
  readonly floors: SeqFloors;
  readonly metrics: QueueMetrics;
  readonly polling: { readonly intervalMs: number; readonly maxMs: number };
  readonly log: EngineLog;
  /** False: nothing is claimed for now, although there may be room. */
  mayClaim(): boolean;
  isBackedUp(): boolean;
  onClaimed(run: ClaimedRun, history: RunHistory): void;
  /** The run was claimed but its history could not be read. */
  onUnreadable(run: ClaimedRun): void;
}

/** Claims runs until it is stopped. */
export class ClaimLoop {
  readonly counters = { polls: 0, claimed: 0, failures: 0, backPressure: 0, durationMs: 0, waitedMs: 0 };
  readonly #options: ClaimLoopOptions;
  readonly #alarm = new Alarm();
  #stopping = false;
  #emptyPolls = 0;
  #promotedAtMs = Number.NEGATIVE_INFINITY;
  #nextDueAtMs = Number.POSITIVE_INFINITY;
  #loop: Promise<void> | undefined;

  constructor(options: ClaimLoopOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** There may be work: look now. */
  nudge(): void {
    this.#emptyPolls = 0;
    this.#alarm.ring();
  }

  /** Stops claiming and waits for a claim in progress. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#alarm.ring();
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const startedMs = performance.now();
      const pauseMs = await this.#poll().catch((error: unknown) => this.#noteFailure(error));
      await this.#alarm.sleep(pauseMs);
      const gapMs = POLL_GAP_MS - (performance.now() - startedMs);
      if (gapMs > 0 && !this.#stopping) await new Promise((resolve) => setTimeout(resolve, gapMs));
    }
  }

  /** One poll; answers how long to sleep before the next one. */
  async #poll(): Promise<number> {
    const { polling, slots, floors } = this.#options;
    if (!this.#options.mayClaim()) return polling.intervalMs;
    if (this.#options.isBackedUp()) {
      this.counters.backPressure++;
      return polling.intervalMs;
    }
    await this.#promote();
    // Asked again: the process may have been stopped for long while it waited for that answer.
    if (!this.#options.mayClaim()) return polling.intervalMs;
    const startedMs = performance.now();
    const requests = slots
      .requests(startedMs)
      .map((request) => ({ ...request, floors: floors.floorsOf(request, startedMs) }));
    if (requests.length === 0) return polling.intervalMs;
    const { runs, more } = await retryConflicts(() =>
      claimRuns(this.#options.executor, this.#options.claimant, requests),
    );
    const durationMs = performance.now() - startedMs;
    floors.note(requests, runs, durationMs, performance.now());
    this.#count(requests, runs, durationMs);
    for (const run of runs) slots.take(run);
    await this.#handOver(runs);
    if (more) return 0;
    if (runs.length > 0) {
      this.#emptyPolls = 0;
      return polling.intervalMs;
    }
    return this.#backOffMs();
  }

  async #promote(): Promise<void> {
    const nowMs = performance.now();
    if (nowMs - this.#promotedAtMs < this.#options.polling.intervalMs && nowMs < this.#nextDueAtMs) return;
    this.#promotedAtMs = nowMs;
    const { nextDueMs } = await promoteDue(this.#options.executor, PROMOTE_BATCH_SIZE);
    this.#nextDueAtMs = nextDueMs === null ? Number.POSITIVE_INFINITY : nowMs + nextDueMs;
  }

  /** Gives claimed runs to the worker, with their histories where they have one. */
  async #handOver(runs: readonly ClaimedRun[]): Promise<void> {
    const resumed = runs.filter((run) => run.fence > 1 || run.wakes > 0);
    for (const run of runs) {
      if (!resumed.includes(run)) this.#options.onClaimed(run, emptyHistory(run.wakes, run.claimedAtMs));
    }
    if (resumed.length === 0) return;
    try {
      const histories = await loadHistories(
        this.#options.executor,
        resumed.map((run) => run.id),
      );
      for (const run of resumed) {
        const history = histories.get(run.id);
        if (history) this.#options.onClaimed(run, history);
        else this.#options.onUnreadable(run);
      }
    } catch (error) {
      for (const run of resumed) this.#options.onUnreadable(run);
      throw error;
    }
  }

  #backOffMs(): number {
    const { intervalMs, maxMs } = this.#options.polling;
    this.#emptyPolls++;
    const doublings = Math.max(0, this.#emptyPolls - EMPTY_POLLS_BEFORE_BACK_OFF);
    const backOffMs =
      Math.min(maxMs, intervalMs * BACK_OFF_FACTOR ** doublings) * (1 + JITTER * (2 * Math.random() - 1));
    return Math.max(1, Math.min(maxMs, backOffMs, this.#nextDueAtMs - performance.now()));
  }

  #count(requests: readonly ClaimRequest[], runs: readonly ClaimedRun[], durationMs: number): void {
    this.#options.metrics.claimed(requests, runs, durationMs);
    this.counters.polls++;
    this.counters.claimed += runs.length;
    this.counters.durationMs += durationMs;
    for (const run of runs) this.counters.waitedMs += run.waitedMs ?? 0;
  }

  /** Another queue's claim took the same key in the same moment, or the database is away. */
  #noteFailure(error: unknown): number {
    this.counters.failures++;
    if (sqlStateOf(error) === UNIQUE_VIOLATION) return POLL_GAP_MS;
    this.#options.log.warn({ err: error }, "claiming runs failed; trying again");
    return this.#backOffMs();
  }
}

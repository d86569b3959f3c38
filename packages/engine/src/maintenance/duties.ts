/** What the leader does for the cluster. Every duty is idempotent: two leaders for a moment do no harm. */
import type { EngineLog } from "../authoring/log.ts";
import { retryConflicts } from "../store/conflicts.ts";
import { deleteOldFirings } from "../store/cron-firings.ts";
import type { SqlExecutor } from "../store/database.ts";
import { sweepExpiredRuns } from "../store/leases.ts";
import { type QueueBacklog, queueBacklogs, releaseStrandedKeys, wakeStrandedParents } from "../store/repairs.ts";
import { deleteFinishedTrees } from "../store/retention.ts";
import { deleteDeadPlaces } from "../store/worker-places.ts";
import { PeriodicTask } from "../working/periodic-task.ts";

const SWEEP_BATCH_SIZE = 500;
const SWEEP_BATCHES_MAX = 100;
const SWEEP_MAX_MS = 5000;
const REPAIR_MS = 60_000;
const GAUGES_MS = 30_000;
/** So soon after it was elected a leader has read its gauges. */
const GAUGES_LOOK_MS = 1000;
const CRON_TICK_MS = 500;
const RETENTION_FIRST_MS = 60_000;

/** How long finished runs are kept, and in which portions they go. */
export interface RetentionOptions {
  readonly runRetentionMs: number;
  readonly intervalMs: number;
  readonly batchSize: number;
  readonly batchesMax: number;
}

/** What the duties need. */
export interface DutiesOptions {
  readonly executor: SqlExecutor;
  readonly log: EngineLog;
  readonly leaseMs: number;
  readonly takeOversMax: number;
  readonly retention: RetentionOptions;
  isLeader(): boolean;
  tickCron(): Promise<void>;
  onFreed(): void;
}

/** Periodic tasks that do nothing unless this instance leads. */
export class Duties {
  readonly counters = { freed: 0, crashed: 0, deleted: 0, repaired: 0 };
  backlogs: readonly QueueBacklog[] = [];
  readonly #options: DutiesOptions;
  readonly #tasks: PeriodicTask[];
  #gaugesDueMs = Number.NEGATIVE_INFINITY;

  constructor(options: DutiesOptions) {
    this.#options = options;
    const { intervalMs } = options.retention;
    this.#tasks = [
      this.#duty("sweep", Math.min(SWEEP_MAX_MS, options.leaseMs / 3), undefined, () => this.#sweep()),
      this.#duty("cron", CRON_TICK_MS, undefined, () => options.tickCron()),
      this.#duty("repair", REPAIR_MS, undefined, () => this.#repair()),
      this.#duty("retention", intervalMs, Math.min(RETENTION_FIRST_MS, intervalMs), () => this.#retain()),
      this.#duty("gauges", GAUGES_LOOK_MS, undefined, () => this.#readGauges()),
    ];
  }

  start(): void {
    for (const task of this.#tasks) task.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#tasks.map((task) => task.stop()));
  }

  #duty(name: string, everyMs: number, firstAfterMs: number | undefined, run: () => Promise<void>): PeriodicTask {
    const { log, isLeader } = this.#options;
    const whileLeading = async () => {
      if (isLeader()) await run();
    };
    return new PeriodicTask({ name, everyMs, firstAfterMs: firstAfterMs ?? everyMs, log, run: whileLeading });
  }

  async #readGauges(): Promise<void> {
    if (performance.now() < this.#gaugesDueMs) return;
    this.backlogs = await queueBacklogs(this.#options.executor);
    this.#gaugesDueMs = performance.now() + GAUGES_MS;
  }

  async #sweep(): Promise<void> {
    const { executor, takeOversMax, log, onFreed } = this.#options;
    for (let batch = 0; batch < SWEEP_BATCHES_MAX; batch++) {
      const { freed, failed } = await retryConflicts(() => sweepExpiredRuns(executor, SWEEP_BATCH_SIZE, takeOversMax));
      if (freed + failed === 0) return;
      this.counters.freed += freed;
      this.counters.crashed += failed;
      log.warn({ freed, failed }, "runs whose owners stopped renewing were taken back");
      onFreed();
    }
  }

  async #repair(): Promise<void> {
    const { executor, log, onFreed } = this.#options;
    const keys = await retryConflicts(() => releaseStrandedKeys(executor));
    const parents = await retryConflicts(() => wakeStrandedParents(executor));
    if (keys + parents === 0) return;
    this.counters.repaired += keys + parents;
    log.warn({ keys, parents }, "stranded runs were let go on");
    onFreed();
  }

  async #retain(): Promise<void> {
    const { executor, retention, isLeader } = this.#options;
    for (let batch = 0; batch < retention.batchesMax && isLeader(); batch++) {
      const deleted = await retryConflicts(() =>
        deleteFinishedTrees(executor, retention.runRetentionMs, retention.batchSize),
      );
      this.counters.deleted += deleted;
      if (deleted < retention.batchSize) break;
    }
    await deleteOldFirings(executor, retention.runRetentionMs);
    await deleteDeadPlaces(executor);
  }
}

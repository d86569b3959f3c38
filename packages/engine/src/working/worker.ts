/**
 * A worker: claims runs for its queues, executes them, writes how they ended.
 *
 *   ClaimLoop → ActiveRuns → attemptWorkflow | attemptActivity → WriteBuffers        LeaseKeeper beats beside it
 *
 * Stopping: claim nothing more; workflows are handed back at their next step; activities get the grace period, then their
 * signal is aborted and they are handed back too; buffers are flushed.
 */
import type { EngineLog } from "../authoring/log.ts";
import { QueueMetrics } from "../measuring/queue-metrics.ts";
import type { ClaimedRun, Fairness } from "../store/claim.ts";
import { retryConflicts } from "../store/conflicts.ts";
import { continueRunAsNew } from "../store/end-runs.ts";
import type { RunHistory } from "../store/history.ts";
import { letGo } from "../store/operate-runs.ts";
import { type ActiveRun, ActiveRuns } from "./active-runs.ts";
import { attemptActivity } from "./activity-attempt.ts";
import { type AttemptEnd, runEndOf } from "./attempt-end.ts";
import { ClaimLoop } from "./claim-loop.ts";
import { LeaseKeeper } from "./lease-keeper.ts";
import type { Runtime } from "./runtime.ts";
import { SeqFloors } from "./seq-floors.ts";
import { type QueueSlots, Slots } from "./slots.ts";
import { attemptWorkflow } from "./workflow-attempt.ts";
import { isBackedUp } from "./write-buffers.ts";

const DRAIN_LOOK_MS = 10;
/** After the grace period, hand-backs must land within this time; afterwards leases end by themselves. */
const HAND_BACK_MAX_MS = 5000;

/** How a worker is sized and paced. */
export interface WorkerOptions {
  readonly queues: readonly QueueSlots[];
  /** False: nothing is claimed for now. */
  mayClaim(): boolean;
  readonly lease: { readonly leaseMs: number; readonly beatMs: number };
  readonly polling: { readonly intervalMs: number; readonly maxMs: number };
  readonly fairness: Fairness;
}

/** Executes runs in this process. */
export class Worker<Tx> {
  readonly ended = {
    completed: 0,
    failed: 0,
    retry: 0,
    suspended: 0,
    continued: 0,
    cancelled: 0,
    handedBack: 0,
    lost: 0,
  };
  readonly active = new ActiveRuns();
  readonly slots: Slots;
  readonly metrics: QueueMetrics;
  readonly loop: ClaimLoop;
  readonly leases: LeaseKeeper;
  readonly #runtime: Runtime<Tx>;
  readonly #log: EngineLog;

  constructor(runtime: Runtime<Tx>, options: WorkerOptions) {
    this.#runtime = runtime;
    this.#log = runtime.log;
    this.slots = new Slots(options.queues, options.polling.intervalMs, options.fairness);
    this.metrics = new QueueMetrics(options.queues, Object.keys(this.ended));
    const { executor } = runtime.database;
    this.leases = new LeaseKeeper({
      executor,
      owner: runtime.instance.id,
      active: this.active,
      places: this.slots.places(),
      ...options.lease,
      log: runtime.log,
    });
    this.loop = new ClaimLoop({
      executor,
      claimant: {
        ...runtime.instance,
        leaseMs: options.lease.leaseMs,
        workflowNames: [...runtime.workflows.keys()],
        activityNames: [...runtime.activities.keys()],
        fairness: options.fairness,
      },
      slots: this.slots,
      floors: new SeqFloors(),
      metrics: this.metrics,
      polling: options.polling,
      log: runtime.log,
      mayClaim: () => options.mayClaim(),
      isBackedUp: () => isBackedUp(runtime.buffers),
      onClaimed: (run, history) => void this.#execute(run, history),
      onUnreadable: (run) => void this.#handBack(run),
    });
  }

  start(): void {
    this.leases.start();
    this.loop.start();
  }

  nudge(): void {
    this.loop.nudge();
  }

  /** Stops within about `graceMs`; everything claimed is finished or handed back. */
  async stop(graceMs: number): Promise<void> {
    await this.loop.stop();
    this.active.drain();
    await this.#untilIdle(graceMs);
    for (const active of this.active.all()) active.abort("stopping");
    await this.#untilIdle(HAND_BACK_MAX_MS);
    for (const buffer of Object.values(this.#runtime.buffers)) buffer.giveUp();
    await Promise.all(Object.values(this.#runtime.buffers).map((buffer) => buffer.drain()));
    await this.leases.stop();
  }

  async #untilIdle(limitMs: number): Promise<void> {
    const deadlineMs = performance.now() + limitMs;
    while (this.active.size > 0 && performance.now() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_LOOK_MS));
    }
  }

  async #execute(run: ClaimedRun, history: RunHistory): Promise<void> {
    const active = this.active.add(run);
    const startedMs = performance.now();
    let outcome: AttemptEnd["kind"] = "lost";
    try {
      outcome = await this.#finish(active, await this.#attempt(active, history));
    } catch (error) {
      this.ended.lost++;
      this.#log.warn(
        { err: error, runId: run.id, run: run.name },
        "an attempt's end could not be written; the run will be taken over",
      );
    } finally {
      this.metrics.processed(run, outcome, performance.now() - startedMs);
      this.active.remove(active);
      if (this.slots.release(run)) this.loop.nudge();
    }
  }

  async #attempt(active: ActiveRun, history: RunHistory): Promise<AttemptEnd> {
    const { run, control } = active;
    if (run.cancelRequested) return { kind: "cancelled" };
    return run.kind === "workflow"
      ? attemptWorkflow(this.#runtime, run, history, control)
      : attemptActivity(this.#runtime, run, history, control);
  }

  async #finish({ run }: ActiveRun, end: AttemptEnd): Promise<AttemptEnd["kind"]> {
    const stands = await this.#write(run, end);
    const kind = stands ? end.kind : "lost";
    this.ended[kind]++;
    if (kind === "lost") await this.#letGo(run);
    if (stands && end.kind === "failed")
      this.#log.warn({ err: end.error, runId: run.id, run: run.name }, "a run failed");
    if (stands && end.kind === "retry") {
      const fields = { err: end.error, runId: run.id, run: run.name, attempt: run.attempt, delayMs: end.delayMs };
      this.#log.info(fields, "an attempt failed; another one follows");
    }
    return kind;
  }

  /** The run was taken over, or is held: then it need not wait until the lease ends before it goes on. */
  async #letGo(run: ClaimedRun): Promise<void> {
    this.#log.info({ runId: run.id, run: run.name, fence: run.fence }, "the run belongs to somebody else now");
    const { database, instance } = this.#runtime;
    await letGo(database.executor, run.id, run.fence, instance.id).catch(() => undefined); // the lease ends by itself
  }

  /** False when the run is no longer ours. */
  async #write(run: ClaimedRun, end: AttemptEnd): Promise<boolean> {
    if (end.kind === "lost") return false;
    if (end.kind !== "continued") return this.#runtime.buffers.ends.add(runEndOf(run, end));
    const { executor } = this.#runtime.database;
    const stands = await retryConflicts(() => continueRunAsNew(executor, run.id, run.fence, end.inputJson));
    if (stands) this.loop.nudge();
    return stands;
  }

  async #handBack(run: ClaimedRun): Promise<void> {
    const active = this.active.add(run);
    await this.#finish(active, { kind: "handedBack" }).catch(() => undefined); // the lease ends by itself
    this.active.remove(active);
    this.slots.release(run);
  }
}

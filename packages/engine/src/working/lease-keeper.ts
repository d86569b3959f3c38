/**
 * One renewal statement per beat for everything this process executes; what is no longer ours is aborted. While the database does
 * not answer, renewal is tried again soon, so that it comes before anybody takes the runs back. After a whole lease without
 * an answer they are aborted and, when it answers, handed back: an outage is no crash and is not counted as one.
 */
import type { EngineLog } from "../authoring/log.ts";
import { retryConflicts } from "../store/conflicts.ts";
import type { SqlExecutor } from "../store/database.ts";
import { renewLeases } from "../store/leases.ts";
import type { ActiveRun, ActiveRuns } from "./active-runs.ts";
import { PeriodicTask } from "./periodic-task.ts";

/** After a failure the next beat comes this soon, if not sooner anyway. */
const AGAIN_AFTER_FAILURE_MS = 1000;

/** Keeps the leases of running attempts. */
export class LeaseKeeper {
  readonly counters = { beats: 0, failures: 0, lost: 0 };
  readonly #task: PeriodicTask;
  #renewedAtMs = performance.now();

  constructor(options: {
    executor: SqlExecutor;
    owner: string;
    active: ActiveRuns;
    leaseMs: number;
    beatMs: number;
    log: EngineLog;
  }) {
    const { executor, owner, active, leaseMs, beatMs, log } = options;
    this.#task = new PeriodicTask({
      name: "lease renewal",
      everyMs: beatMs,
      againAfterFailureMs: AGAIN_AFTER_FAILURE_MS,
      log,
      run: async () => {
        const runs = active.all();
        const askedAtMs = performance.now();
        if (runs.length > 0) await this.#renew(executor, owner, leaseMs, runs);
        this.counters.beats++;
        this.#renewedAtMs = askedAtMs;
      },
      onFailure: () => {
        this.counters.failures++;
        if (performance.now() - this.#renewedAtMs > leaseMs)
          for (const run of active.all()) this.#lose(run, "unreachable");
      },
    });
  }

  start(): void {
    this.#task.start();
  }

  stop(): Promise<void> {
    return this.#task.stop();
  }

  async #renew(executor: SqlExecutor, owner: string, leaseMs: number, runs: readonly ActiveRun[]): Promise<void> {
    const ids = runs.map((active) => active.run.id);
    const renewed = await retryConflicts(() => renewLeases(executor, owner, ids, leaseMs));
    const ours = new Map(renewed.map((run) => [run.id, run]));
    for (const active of runs) {
      const mine = ours.get(active.run.id);
      if (mine?.fence !== active.run.fence) this.#lose(active, "lost");
      else if (mine.cancelRequested) active.abort("cancelled");
    }
  }

  #lose(active: ActiveRun, why: "lost" | "unreachable"): void {
    this.counters.lost++;
    active.abort(why);
  }
}

/** One renewal statement per beat for everything this process executes; what is no longer ours is aborted. */
import type { EngineLog } from "../authoring/log.ts";
import { retryConflicts } from "../store/conflicts.ts";
import type { SqlExecutor } from "../store/database.ts";
import { renewLeases } from "../store/leases.ts";
import type { ActiveRun, ActiveRuns } from "./active-runs.ts";
import { PeriodicTask } from "./periodic-task.ts";

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
      log,
      run: async () => {
        const runs = active.all();
        if (runs.length > 0) await this.#renew(executor, owner, leaseMs, runs);
        this.counters.beats++;
        this.#renewedAtMs = performance.now();
      },
      onFailure: () => {
        this.counters.failures++;
        if (performance.now() - this.#renewedAtMs > leaseMs) for (const run of active.all()) this.#lose(run);
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
      if (mine?.fence !== active.run.fence) this.#lose(active);
      else if (mine.cancelRequested) active.abort("cancelled");
    }
  }

  #lose(active: ActiveRun): void {
    this.counters.lost++;
    active.abort("lost");
  }
}

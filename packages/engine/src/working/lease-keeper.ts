/**
 * A worker's beat: its places are made known again, then one statement renews everything this process executes; what is no longer ours is aborted. While the database does
 * not answer, renewal is tried again soon, so that it comes before anybody takes the runs back. After a whole lease without
 * an answer they are aborted and, when it answers, handed back: an outage is no crash and is not counted as one.
 */
import type { EngineLog } from "../authoring/log.ts";
import { retryConflicts } from "../store/conflicts.ts";
import type { SqlExecutor } from "../store/database.ts";
import { renewLeases } from "../store/leases.ts";
import { announcePlaces, type WorkerPlaces, withdrawPlaces } from "../store/worker-places.ts";
import type { ActiveRun, ActiveRuns } from "./active-runs.ts";
import { PeriodicTask } from "./periodic-task.ts";

/** After a failure the next beat comes this soon, if not sooner anyway. */
const AGAIN_AFTER_FAILURE_MS = 1000;

/** Keeps the leases of running attempts. */
export class LeaseKeeper {
  readonly counters = { beats: 0, failures: 0, lost: 0 };
  readonly #task: PeriodicTask;
  readonly #withdraw: () => Promise<void>;
  #renewedAtMs = performance.now();

  constructor(options: {
    executor: SqlExecutor;
    owner: string;
    active: ActiveRuns;
    places: readonly WorkerPlaces[];
    leaseMs: number;
    beatMs: number;
    log: EngineLog;
  }) {
    const { executor, owner, active, places, leaseMs, beatMs, log } = options;
    this.#withdraw = () => (active.size === 0 ? withdrawPlaces(executor, owner) : Promise.resolve());
    this.#task = new PeriodicTask({
      name: "lease renewal",
      everyMs: beatMs,
      firstAfterMs: 0,
      againAfterFailureMs: AGAIN_AFTER_FAILURE_MS,
      log,
      run: async () => {
        const askedAtMs = performance.now();
        if (places.length > 0) await announcePlaces(executor, owner, places, leaseMs);
        const runs = active.all();
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

  /** The places go with the last run; what cannot be written ends by itself. */
  async stop(): Promise<void> {
    await this.#task.stop();
    await this.#withdraw().catch(() => undefined);
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

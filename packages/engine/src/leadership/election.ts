/**
 * One lease row elects the leader: an upsert succeeds when the row is absent, own or expired by the database's clock. The
 * leader's duties are all idempotent, so two leaders for a moment (a paused process) do no harm.
 */
import type { EngineLog } from "../authoring/log.ts";
import type { SqlExecutor } from "../store/database.ts";
import { acquireLease, releaseLease } from "../store/leases.ts";
import { PeriodicTask } from "../working/periodic-task.ts";

const LEADER_LEASE = "leader";

/** Takes part in the election. */
export class Election {
  readonly counters = { acquired: 0, lost: 0 };
  readonly #options: ElectionOptions;
  readonly #task: PeriodicTask;
  /** By the monotonic clock, counted from before the statement was sent: never later than the database's end of the lease. */
  #leaderUntilMs = Number.NEGATIVE_INFINITY;
  #wasLeader = false;

  constructor(options: ElectionOptions) {
    this.#options = options;
    this.#task = new PeriodicTask({
      name: "leader election",
      everyMs: options.checkMs,
      firstAfterMs: 0,
      log: options.log,
      run: () => this.#check(),
      onFailure: () => this.#note(false, 0),
    });
  }

  /** True only while the lease is certainly ours. */
  isLeader(): boolean {
    return performance.now() < this.#leaderUntilMs;
  }

  start(): void {
    this.#task.start();
  }

  /** Leaves the election and gives the lease back, so that another instance leads at its next check. */
  async stop(): Promise<void> {
    await this.#task.stop();
    this.#leaderUntilMs = Number.NEGATIVE_INFINITY;
    await releaseLease(this.#options.executor, LEADER_LEASE, this.#options.instance.id).catch((error: unknown) =>
      this.#options.log.warn({ err: error }, "the leader lease was not given back; it ends by itself"),
    );
  }

  async #check(): Promise<void> {
    const { executor, instance, leaseMs } = this.#options;
    const askedAtMs = performance.now();
    this.#note(await acquireLease(executor, LEADER_LEASE, instance, leaseMs), askedAtMs + leaseMs);
  }

  #note(leads: boolean, untilMs: number): void {
    this.#leaderUntilMs = leads ? untilMs : Number.NEGATIVE_INFINITY;
    if (leads === this.#wasLeader) return;
    this.#wasLeader = leads;
    if (leads) {
      this.counters.acquired++;
      this.#options.log.info({ instance: this.#options.instance.id }, "this instance leads now");
      this.#options.onAcquired();
    } else {
      this.counters.lost++;
      this.#options.log.info({ instance: this.#options.instance.id }, "this instance no longer leads");
    }
  }
}

/** What an election needs. */
export interface ElectionOptions {
  readonly executor: SqlExecutor;
  readonly instance: { readonly id: string; readonly version: string };
  readonly leaseMs: number;
  readonly checkMs: number;
  readonly log: EngineLog;
  onAcquired(): void;
}

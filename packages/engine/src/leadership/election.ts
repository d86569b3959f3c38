/**
 * One lease row elects the leader: an upsert succeeds when the row is absent, own or expired by the database's clock. The
 * leader's duties are all idempotent, so two leaders for a moment (a paused process) do no harm. Which candidate should have
 * the lease is decided in hand-over.ts; there is no leader for at most one lease and one check interval.
 */
import type { EngineLog } from "../authoring/log.ts";
import type { SqlExecutor } from "../store/database.ts";
import {
  acquireLeaderLease,
  announceChallenger,
  type LeaderLease,
  readLeaderLease,
  releaseLeaderLease,
  withdrawChallenger,
  yieldLeaderLease,
} from "../store/leader-lease.ts";
import { Alarm } from "../working/alarm.ts";
import { CHALLENGES_PER_CHECK, nextMove } from "./hand-over.ts";

/** Takes part in the election. */
export class Election {
  readonly counters = { acquired: 0, lost: 0 };
  readonly #options: ElectionOptions;
  readonly #alarm = new Alarm();
  #stopping = false;
  #loop: Promise<void> | undefined;
  /** By the monotonic clock, counted from before the statement was sent: never later than the database's end of the lease. */
  #leaderUntilMs = Number.NEGATIVE_INFINITY;
  #wasLeader = false;
  /** The lease row may still say that this instance leads or would like to. */
  #inRow = false;

  constructor(options: ElectionOptions) {
    this.#options = options;
  }

  /** True only while the lease is certainly ours, and we may lead. */
  isLeader(): boolean {
    return performance.now() < this.#leaderUntilMs && this.#options.mayLead();
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Leaves the election and gives the lease back, so that another instance leads at its next check. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#alarm.ring();
    await this.#loop;
    this.#leaderUntilMs = Number.NEGATIVE_INFINITY;
    await this.#leave().catch((error: unknown) =>
      this.#options.log.warn({ err: error }, "the leader lease was not given back; it ends by itself"),
    );
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const startedMs = performance.now();
      const afterMs = await this.#check().catch((error: unknown) => this.#noteFailure(error));
      await this.#alarm.sleep(Math.max(0, afterMs - (performance.now() - startedMs)));
    }
  }

  /** One look at the lease; answers when to look again. */
  async #check(): Promise<number> {
    const { executor, instance, leaseMs, checkMs, mayLead } = this.#options;
    if (!mayLead()) {
      this.#note(false, 0);
      if (this.#inRow) await this.#leave();
      return checkMs;
    }
    const lease = await readLeaderLease(executor);
    const move = nextMove(lease, instance, checkMs);
    if (move === "lead") {
      const askedAtMs = performance.now();
      this.#inRow = true;
      this.#note(await acquireLeaderLease(executor, instance, leaseMs), askedAtMs + leaseMs);
      return checkMs;
    }
    this.#note(false, 0);
    return this.#makeRoom(move, lease);
  }

  async #makeRoom(move: "yield" | "defer" | "challenge" | "wait", lease: LeaderLease | null): Promise<number> {
    const { executor, instance, checkMs, log } = this.#options;
    switch (move) {
      case "yield":
        log.info({ instance: instance.id, challenger: lease?.challenger }, "leadership goes to a newer version");
        await yieldLeaderLease(executor, instance.id);
        return checkMs;
      case "defer":
        return Math.max(1, checkMs - (lease?.freeForMs ?? 0));
      case "challenge":
        this.#inRow = true;
        await announceChallenger(executor, instance, lease?.challenger ?? null);
        return checkMs / CHALLENGES_PER_CHECK;
      case "wait":
        return checkMs;
    }
  }

  async #leave(): Promise<void> {
    const { executor, instance, checkMs } = this.#options;
    await withdrawChallenger(executor, instance.id);
    await releaseLeaderLease(executor, instance.id, checkMs);
    this.#inRow = false;
  }

  #noteFailure(error: unknown): number {
    this.#note(false, 0);
    this.#options.log.warn({ err: error }, "looking at the leader lease failed; trying again");
    return this.#options.checkMs;
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
  /** False: leadership is neither taken nor kept. */
  mayLead(): boolean;
  onAcquired(): void;
}

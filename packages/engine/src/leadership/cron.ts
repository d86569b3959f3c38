/**
 * Cron does not trust leadership: a firing is a row (task, scheduled time) that is inserted in the same transaction as what it
 * starts, and its key makes it happen once, however many leaders there are. Times are the database's. Firings missed while
 * nobody led are made up for, the newest few of each task.
 */
import { Cron } from "croner";
import type { EngineLog } from "../authoring/log.ts";
import type { EngineClient } from "../client/client.ts";
import { newestFirings, recordFiring } from "../store/cron-firings.ts";
import type { EngineDatabase } from "../store/database.ts";
import { guardTransaction } from "../store/guard-transaction.ts";

/** Missed firings made up for, per task. */
export const CRON_CATCH_UP_MAX = 5;
/** Missed firings looked at to find the newest ones. */
const MISSED_MAX = 100_000;
/** A process that stops in the middle of a firing holds it up no longer than this. */
const FIRING_IDLE_MAX_MS = 5_000;
/** The database is asked for its time again after this long. */
const CLOCK_CHECK_MS = 30_000;

/** A task that starts something at set times. */
export interface CronTask<Tx> {
  readonly name: string;
  /** Five fields, UTC; a sixth in front means seconds. */
  readonly schedule: string;
  /** Runs in the transaction of the firing's row. */
  start(tx: Tx, client: EngineClient<Tx>, firing: Date): Promise<void>;
}

interface Entry<Tx> {
  readonly task: CronTask<Tx>;
  readonly cron: Cron;
  dueMs: number;
}

/** Fires due tasks; call `tick` while leading and `reset` when leadership begins. */
export class CronScheduler<Tx> {
  readonly counters = { fired: 0, failed: 0 };
  readonly #options: { database: EngineDatabase<Tx>; client: EngineClient<Tx>; instanceId: string; log: EngineLog };
  readonly #entries: Entry<Tx>[];
  #clockOffsetMs = 0;
  #checkedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: {
    database: EngineDatabase<Tx>;
    client: EngineClient<Tx>;
    instanceId: string;
    log: EngineLog;
    tasks: readonly CronTask<Tx>[];
  }) {
    this.#options = options;
    this.#entries = options.tasks.map((task) => ({
      task,
      cron: parseSchedule(task.schedule),
      dueMs: Number.NEGATIVE_INFINITY,
    }));
  }

  /** Forgets what is due, so that the next tick reads it from the database. */
  reset(): void {
    this.#checkedAtMs = Number.NEGATIVE_INFINITY;
  }

  /** Fires what is due, as long as `mayFire`: a process may lose the leadership, or be paused, in the middle. */
  async tick(mayFire: () => boolean = () => true): Promise<void> {
    if (this.#entries.length === 0) return;
    const monotonicMs = performance.now();
    const dueSoon = this.#entries.some((entry) => entry.dueMs <= monotonicMs + this.#clockOffsetMs);
    if (!dueSoon && monotonicMs - this.#checkedAtMs < CLOCK_CHECK_MS) return;
    const { nowMs, newest } = await newestFirings(
      this.#options.database.executor,
      this.#entries.map(({ task }) => task.name),
    );
    this.#clockOffsetMs = nowMs - performance.now();
    this.#checkedAtMs = performance.now();
    for (const entry of this.#entries) {
      if (!mayFire()) return this.reset();
      await this.#catchUp(entry, newest.get(entry.task.name), nowMs, mayFire);
    }
  }

  async #catchUp(entry: Entry<Tx>, newestMs: number | undefined, nowMs: number, mayFire: () => boolean): Promise<void> {
    if (newestMs === undefined) {
      // A task seen for the first time begins now: the row marks from when on firings count.
      await recordFiring(this.#options.database.executor, entry.task.name, nowMs, null);
    }
    const missed = firingsBetween(entry.cron, newestMs ?? nowMs, nowMs);
    // Behind one that failed none is fired: it would count as past and never be tried again.
    for (const firingMs of missed.slice(-CRON_CATCH_UP_MAX))
      if (!(await this.#fire(entry.task, firingMs, mayFire))) break;
    entry.dueMs = entry.cron.nextRun(new Date(nowMs))?.getTime() ?? Number.POSITIVE_INFINITY;
  }

  /** False when it failed. */
  async #fire(task: CronTask<Tx>, firingMs: number, mayFire: () => boolean): Promise<boolean> {
    const { database, client, instanceId, log } = this.#options;
    try {
      const fired = await database.transaction(async (tx) => {
        const executor = database.executorOf(tx);
        await guardTransaction(executor, FIRING_IDLE_MAX_MS);
        if (!mayFire() || !(await recordFiring(executor, task.name, firingMs, instanceId))) return false;
        await task.start(tx, client, new Date(firingMs));
        return true;
      });
      if (fired) this.counters.fired++;
      return true;
    } catch (error) {
      this.counters.failed++;
      this.reset();
      log.warn({ err: error, task: task.name }, "a cron firing failed; it is tried again");
      return false;
    }
  }
}

/** Parses a schedule; throws when it is not one. */
export function parseSchedule(schedule: string): Cron {
  return new Cron(schedule, { timezone: "UTC", paused: true });
}

function firingsBetween(cron: Cron, afterMs: number, untilMs: number): number[] {
  const firings: number[] = [];
  let next = cron.nextRun(new Date(afterMs));
  while (next && next.getTime() <= untilMs && firings.length < MISSED_MAX) {
    firings.push(next.getTime());
    next = cron.nextRun(next);
  }
  return firings;
}

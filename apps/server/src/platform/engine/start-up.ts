/**
 * What is overdue when the cluster starts begins soon, not at its next firing. An instance looks once, when it leads for the
 * first time; it is the task that decides by what the database knows – when it was last done, when it was last started –
 * whether it is overdue. So a whole cluster that is restarted, one instance at a time or all at once, starts it once.
 * A random delay, kept with the run, spreads what many clusters ask of a public server.
 */
import type { Engine, EngineClient } from "@evertrack/engine";
import type { Clock } from "../clock/clock.ts";
import { property } from "../config/index.ts";
import type { Database, Tx } from "../db/index.ts";
import type { Log } from "../log/log.ts";
import type { ScheduledRun } from "./schedule.ts";

export const startUpProperties = {
  delayMaxMs: property.integer("dt.task-scheduler.startup-delay-max-ms", {
    default: 60_000,
    min: 0,
    max: 3_600_000,
    meaning: "tasks that are overdue when the cluster starts begin after a random time up to this",
  }),
};

const LOOK_EVERY_MS = 2_000;
const RANDOM_RANGE = 2 ** 32;

interface StartUpOptions {
  tasks: readonly ScheduledRun[];
  database: Database;
  client: EngineClient<Tx>;
  clock: Clock;
  log: Log;
  delayMaxMs: number;
  /** Between two looks whether this instance leads. */
  lookEveryMs?: number;
}

/** Looks after overdue tasks once this instance leads. */
export class StartUpRuns {
  readonly #options: StartUpOptions;
  #timer: NodeJS.Timeout | undefined;
  #looking = false;

  constructor(options: StartUpOptions) {
    this.#options = options;
  }

  /** Waits until the engine leads; nothing happens before it has started. */
  watch(engine: Pick<Engine<Tx>, "isLeader">): void {
    if (!this.#options.tasks.some(({ atStart }) => atStart !== undefined)) return;
    this.#timer = setInterval(() => {
      if (!this.#looking && engine.isLeader()) void this.#look();
    }, this.#options.lookEveryMs ?? LOOK_EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    this.#looking = true;
    try {
      for (const { atStart } of this.#options.tasks)
        if (atStart !== undefined)
          await this.#options.database.transaction((tx) => atStart(tx, this.#options.client, this.#delayMs()));
      this.stop();
    } catch (error) {
      this.#options.log.warn({ err: error }, "could not look for overdue tasks; it is tried again");
    } finally {
      this.#looking = false;
    }
  }

  #delayMs(): number {
    const random = Buffer.from(this.#options.clock.randomBytes(4)).readUInt32BE() / RANDOM_RANGE;
    return Math.round(random * this.#options.delayMaxMs);
  }
}

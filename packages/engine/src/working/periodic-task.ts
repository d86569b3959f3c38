import type { EngineLog } from "../authoring/log.ts";
import { Alarm } from "./alarm.ts";

/** Something done again and again, never twice at once; a failure is logged and the next turn comes as usual. */
export class PeriodicTask {
  readonly #options: {
    readonly name: string;
    readonly everyMs: number;
    readonly firstAfterMs?: number;
    /** Instead of `everyMs` after a failure, where it is shorter. */
    readonly againAfterFailureMs?: number;
    readonly log: EngineLog;
    run(): Promise<void>;
    onFailure?(error: unknown): void;
  };
  readonly #alarm = new Alarm();
  #stopping = false;
  #loop: Promise<void> | undefined;

  constructor(options: {
    name: string;
    everyMs: number;
    firstAfterMs?: number;
    againAfterFailureMs?: number;
    log: EngineLog;
    run(): Promise<void>;
    onFailure?(error: unknown): void;
  }) {
    this.#options = options;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Waits for a turn in progress. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#alarm.ring();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { everyMs, firstAfterMs = everyMs, againAfterFailureMs = everyMs } = this.#options;
    await this.#alarm.sleep(firstAfterMs);
    while (!this.#stopping) {
      const startedMs = performance.now();
      const afterMs = (await this.#turn()) ? everyMs : Math.min(everyMs, againAfterFailureMs);
      await this.#alarm.sleep(Math.max(0, afterMs - (performance.now() - startedMs)));
    }
  }

  /** False when it failed. */
  async #turn(): Promise<boolean> {
    try {
      await this.#options.run();
      return true;
    } catch (error) {
      this.#options.onFailure?.(error);
      this.#options.log.warn({ err: error, task: this.#options.name }, "a periodic task failed; it comes again");
      return false;
    }
  }
}

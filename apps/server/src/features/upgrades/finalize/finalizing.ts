import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "../../../platform/log/log.ts";
import type { FinalizeDeps } from "./deps.ts";
import { type FinalizeResult, finalizeUpgrade } from "./finalize.ts";

/** Taking tables apart is not interrupted; the process ends, and the next one goes on. */
const STOP_WAIT_MAX_MS = 2_000;

/** Finalizing in the background of an instance: once at a time, until it ends or the instance stops. */
export class Finalizing {
  readonly #depsOf: (by: string) => FinalizeDeps;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  #running: Promise<FinalizeResult> | undefined;

  constructor(depsOf: (by: string) => FinalizeDeps, log: Log) {
    this.#depsOf = depsOf;
    this.#log = log;
  }

  /** Goes on until it is finalized or refused. A call while one is running waits for that one. */
  run(by: string, onBegun: () => void = () => undefined): Promise<FinalizeResult> {
    if (this.#running !== undefined) {
      onBegun();
      return this.#running;
    }
    const running = finalizeUpgrade({ ...this.#depsOf(by), signal: this.#stopping.signal, onStep: onBegun }).finally(
      () => {
        this.#running = undefined;
      },
    );
    this.#running = running;
    return running;
  }

  /** Resolves as soon as it is refused, done, or under way; then how it ends is logged. */
  async begin(by: string): Promise<FinalizeResult | "under-way"> {
    const { promise: begun, resolve } = Promise.withResolvers<"under-way">();
    const running = this.run(by, () => resolve("under-way"));
    const first = await Promise.race([running, begun]);
    if (first === "under-way") void this.#report(running);
    return first;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const ended = this.#running?.catch(() => undefined);
    await Promise.race([ended, delay(STOP_WAIT_MAX_MS, undefined, { ref: false })]);
  }

  async #report(running: Promise<FinalizeResult>): Promise<void> {
    try {
      const result = await running;
      if (result.outcome === "refused")
        this.#log.warn({ reasons: result.reasons }, "finalizing the upgrade has stopped");
      else this.#log.info({ version: result.version }, "the upgrade is finalized");
    } catch (error) {
      if (!this.#stopping.signal.aborted)
        this.#log.error({ err: error }, "finalizing the upgrade failed; call it again");
    }
  }
}

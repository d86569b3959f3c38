import type { Log } from "../../../platform/log/log.ts";
import type { FinalizeResult } from "./finalize.ts";

const LOOK_EVERY_MS = 60_000;

interface AutoFinalizeOptions {
  /** Age of the window from which on it is finalized; 0 = never. */
  afterMs: number;
  version: string;
  log: Log;
  isLeader(): boolean;
  /** The upgrade that is going on, if any. */
  upgradeWindow(): { targetVersion: string; ageMs: number } | undefined;
  finalize(): Promise<FinalizeResult>;
  /** Default a minute. */
  lookEveryMs?: number;
}

/**
 * Finalizes an upgrade after it has proven itself for a while, on the leader. What refuses it is warned of whenever it changes; an
 * upgrade whose finalizing was cut short is seen through.
 */
export class AutoFinalize {
  readonly #options: AutoFinalizeOptions;
  #timer: NodeJS.Timeout | undefined;
  #busy = false;
  #warned = "";

  constructor(options: AutoFinalizeOptions) {
    this.#options = options;
  }

  start(): void {
    const { afterMs, lookEveryMs = LOOK_EVERY_MS } = this.#options;
    if (afterMs > 0) this.#timer = setInterval(() => void this.look(), lookEveryMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** One look; what goes wrong is told in the log, and tried again at the next. */
  async look(): Promise<void> {
    const { afterMs, version, isLeader, upgradeWindow, finalize } = this.#options;
    const window = upgradeWindow();
    if (this.#busy || !isLeader() || window?.targetVersion !== version || window.ageMs < afterMs) return;
    this.#busy = true;
    try {
      this.#tell(await finalize());
    } catch (error) {
      this.#options.log.error({ err: error }, "finalizing the upgrade failed; it is tried again in a minute");
    } finally {
      this.#busy = false;
    }
  }

  #tell(result: FinalizeResult): void {
    const { log } = this.#options;
    if (result.outcome === "finalized")
      log.info({ version: result.version }, "the upgrade is finalized, as configured");
    if (result.outcome !== "refused") return;
    const reasons = result.reasons.map(({ message }) => message);
    if (reasons.join() !== this.#warned) log.warn({ reasons }, "the upgrade is to be finalized, and cannot be yet");
    this.#warned = reasons.join();
  }
}

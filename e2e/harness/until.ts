import { setTimeout as delay } from "node:timers/promises";

const POLL_MS = 50;

/** Waits for a condition, looking every 50 ms; throws with `what` when the deadline passes. Errors of `look` count as "not yet". */
export async function until<T>(
  what: string,
  timeoutMs: number,
  look: () => Promise<T | undefined | false>,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
    } catch (error) {
      last = error;
    }
    await delay(POLL_MS);
  }
  throw new Error(`${what}: not within ${timeoutMs} ms${last === undefined ? "" : ` (last: ${String(last)})`}`);
}

import type { EngineLog } from "../authoring/log.ts";

const LOOK_EVERY_MS = 5;
/** Ends what hangs; on a busy machine everything takes its time. */
const DEADLINE_MS = 60_000;

/** Waits until `look` returns something truthy; throws, saying what it waited for, after `deadlineMs`. */
export async function until<T>(
  what: string,
  look: () => Promise<T | false | null | undefined> | T | false | null | undefined,
  deadlineMs: number = DEADLINE_MS,
): Promise<T> {
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (performance.now() > endMs) throw new Error(`waited ${deadlineMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** A log that keeps warnings and errors for assertions and prints nothing. */
export function quietLog(): EngineLog & { readonly lines: { level: string; fields: object; message: string }[] } {
  const lines: { level: string; fields: object; message: string }[] = [];
  const keep = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message });
  return { lines, debug: () => undefined, info: () => undefined, warn: keep("warn"), error: keep("error") };
}

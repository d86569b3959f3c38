import { readFileSync } from "node:fs";
import { z } from "zod";

const TAIL_MAX_BYTES = 64 * 1024;
const LINES_SHOWN_MAX = 12;
const WARNING_LEVEL = 40;

/** The server logs one JSON object per line (pino). */
const entrySchema = z.object({
  level: z.number(),
  instance: z.string().optional(),
  msg: z.string().default(""),
  err: z.object({ message: z.string().optional() }).optional(),
});

/**
 * What a process that failed had to say, from `logFrom` bytes on, as sentences: warnings and errors if it logged any,
 * else its last lines. Each is told once.
 */
export function lastWords(log: string, logFrom: number): string[] {
  const lines = ofOneProcess(
    readFrom(log, logFrom)
      .split("\n")
      .filter((line) => line.trim() !== ""),
  );
  const grave = lines.map(graveText).filter((text) => text !== undefined);
  const shown = grave.length > 0 ? grave : lines.map((line) => entryOf(line)?.msg ?? line);
  return [...new Set(shown)].slice(-LINES_SHOWN_MAX);
}

/** The one it replaces may write to the same log: then only lines of the process that started count. */
function ofOneProcess(lines: readonly string[]): readonly string[] {
  const started = lines.map(entryOf).find((entry) => entry?.msg === "starting")?.instance;
  if (started === undefined) return lines;
  return lines.filter((line) => (entryOf(line)?.instance ?? started) === started);
}

/** A warning or an error as a sentence. */
function graveText(line: string): string | undefined {
  const entry = entryOf(line);
  if (entry === undefined || entry.level < WARNING_LEVEL) return undefined;
  return entry.err?.message === undefined ? entry.msg : `${entry.msg}: ${entry.err.message}`;
}

function entryOf(line: string): z.infer<typeof entrySchema> | undefined {
  try {
    return entrySchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function readFrom(log: string, logFrom: number): string {
  try {
    const bytes = readFileSync(log);
    return bytes.subarray(Math.max(logFrom, bytes.length - TAIL_MAX_BYTES)).toString("utf8");
  } catch {
    return "";
  }
}

import { AdvisoryError, type OsvAdvisory, readOsvAdvisory } from "@evertrack/matching";

/** Parses one advisory file; throws AdvisoryError naming what is wrong. */
export function readAdvisoryFile(id: string, bytes: Buffer): OsvAdvisory {
  const advisory = readOsvAdvisory(parse(bytes.toString("utf8").replace(/^\uFEFF/, "")));
  if (advisory.id !== id) throw new AdvisoryError("id", `is ${advisory.id}, but the file is named ${id}`);
  return advisory;
}

/** Escapes that JSON permits and PostgreSQL's text does not: NUL, and halves of surrogate pairs. */
const UNSTORABLE = /\\u(0000|d[89a-f])/i;

function parse(text: string): unknown {
  try {
    return UNSTORABLE.test(text) ? JSON.parse(text, storable) : JSON.parse(text);
  } catch (error) {
    throw new AdvisoryError("file", `is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function storable(_key: string, value: unknown): unknown {
  return typeof value === "string" ? value.toWellFormed().replaceAll("\0", "") : value;
}

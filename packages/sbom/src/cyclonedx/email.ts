import { createRequire } from "node:module";

/** Longest address of RFC 5321 (64 + 1 + 255); the grammar's time grows faster than the text, so longer ones never reach it. */
const addressMaxChars = 320;
/** BOMs repeat a few maintainers thousands of times. */
const rememberedMax = 10_000;
const remembered = new Map<string, boolean>();

const require = createRequire(import.meta.url);
const formats = require("ajv-formats-draft2019/formats") as { "idn-email": (value: string) => boolean };

/** The format `idn-email` (RFC 6531) of the CycloneDX schemas. */
export function isEmailAddress(text: string): boolean {
  if (text.length > addressMaxChars) return false;
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const verdict = formats["idn-email"](text);
  if (remembered.size >= rememberedMax) remembered.clear();
  remembered.set(text, verdict);
  return verdict;
}

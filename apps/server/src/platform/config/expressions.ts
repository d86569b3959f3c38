import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { PropertyError } from "./property.ts";

const EXPANSION_DEPTH_MAX = 10;
const FILE_SIZE_MAX_BYTES = 64 * 1024;

/** Replaces `${other.property}`, `${user.home}` and `${file::/path}` (UTF-8, at most 64 KiB, trailing white space cut). */
export function expandExpressions(name: string, text: string, find: (property: string) => string | undefined): string {
  let expanded = text;
  for (let depth = 0; expanded.includes("${"); depth++) {
    if (depth === EXPANSION_DEPTH_MAX)
      throw new PropertyError(name, text, `resolvable within ${EXPANSION_DEPTH_MAX} nested expressions`);
    const before = expanded;
    expanded = expanded.replaceAll(/\$\{([^${}]+)\}/g, (_, inner: string) => resolve(name, inner, find));
    if (expanded === before) break;
  }
  return expanded;
}

function resolve(name: string, inner: string, find: (property: string) => string | undefined): string {
  if (inner.startsWith("file::")) return readSecretFile(name, inner.slice("file::".length));
  if (inner === "user.home") return homedir();
  const value = find(inner);
  if (value === undefined) throw new PropertyError(name, `\${${inner}}`, "a property that is set");
  return value;
}

function readSecretFile(name: string, path: string): string {
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) throw new PropertyError(name, path, "a file that exists");
  if (size > FILE_SIZE_MAX_BYTES) throw new PropertyError(name, path, `a file of at most ${FILE_SIZE_MAX_BYTES} bytes`);
  return readFileSync(path, "utf8").trimEnd();
}

import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { PropertyError } from "./property.ts";

const EXPANSION_DEPTH_MAX = 10;
const FILE_SIZE_MAX_BYTES = 64 * 1024;

type Find = (property: string) => string | undefined;

/**
 * Replaces `${other.property}`, `${other.property:default}`, `${user.home}` and `${file::/path}` (UTF-8, at most 64 KiB,
 * trailing white space cut). Expressions nest. What a file holds is taken literally: a secret may contain `${`.
 */
export function expandExpressions(name: string, text: string, find: Find): string {
  return expand({ name, find }, text, 0);
}

interface Context {
  name: string;
  find: Find;
}

function expand(context: Context, text: string, depth: number): string {
  if (depth > EXPANSION_DEPTH_MAX)
    throw new PropertyError(context.name, text, `resolvable within ${EXPANSION_DEPTH_MAX} nested expressions`);
  const start = text.indexOf("${");
  const end = start < 0 ? undefined : closingBrace(text, start + 2);
  if (end === undefined) return text;
  const inner = expand(context, text.slice(start + 2, end), depth + 1);
  return text.slice(0, start) + resolve(context, inner, depth) + expand(context, text.slice(end + 1), depth);
}

function closingBrace(text: string, from: number): number | undefined {
  let open = 1;
  for (let index = from; index < text.length; index++) {
    if (text.startsWith("${", index)) open++;
    if (text[index] === "}" && --open === 0) return index;
  }
  return undefined;
}

function resolve(context: Context, inner: string, depth: number): string {
  if (inner.startsWith("file::")) return readSecretFile(context.name, inner.slice("file::".length));
  if (inner === "user.home") return homedir();
  const [, reference = inner, otherwise] = /^([^:]*):(.*)$/s.exec(inner) ?? [];
  const value = context.find(reference);
  if (value !== undefined) return expand(context, value, depth + 1);
  if (otherwise === undefined) throw new PropertyError(context.name, `\${${inner}}`, "a property that is set");
  return otherwise;
}

function readSecretFile(name: string, path: string): string {
  const file = statSync(path, { throwIfNoEntry: false });
  if (file?.isFile() !== true) throw new PropertyError(name, path, "a file that exists");
  if (file.size > FILE_SIZE_MAX_BYTES)
    throw new PropertyError(name, path, `a file of at most ${FILE_SIZE_MAX_BYTES} bytes`);
  return new TextDecoder("utf-8").decode(readFileSync(path)).trimEnd();
}

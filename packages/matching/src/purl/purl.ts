// Package URLs (ECMA-427, package-url/purl-spec): `pkg:type/namespace/name@version?qualifiers#subpath`.
//
// Strict parsing refuses what the specification and its type definitions refuse. Lenient parsing is for inventories, which
// must not lose a component over a detail: it keeps whatever still names a package, and normalises the same way.

import { type PurlTypeRules, rulesOfType } from "./type-rules.ts";

/** A package URL whose parts are decoded and normalised. */
export interface Purl {
  type: string;
  /** Segments joined by "/". */
  namespace?: string;
  name: string;
  version?: string;
  /** Lower-case keys, no empty values. */
  qualifiers: Record<string, string>;
  subpath?: string;
}

/** The parts of a purl as a caller may have them, not yet checked. */
export interface PurlParts {
  type?: string | null;
  namespace?: string | null;
  name?: string | null;
  version?: string | null;
  qualifiers?: Readonly<Record<string, string | null>> | null;
  subpath?: string | null;
}

/** `strict` follows the specification to the letter; `lenient` accepts whatever names a package. */
export type PurlMode = "strict" | "lenient";

/** A text that is no package URL. */
export class PurlError extends Error {
  override readonly name = "PurlError";
  readonly reason: string;
  /** Offset into the text, where one is known. */
  readonly position: number | undefined;

  constructor(reason: string, position?: number) {
    super(position === undefined ? `invalid purl: ${reason}` : `invalid purl: ${reason} (at ${position})`);
    this.reason = reason;
    this.position = position;
  }
}

/** Longer texts are refused before any work is done on them. */
export const PURL_CHARS_MAX = 16_384;

const TYPE_FORM = /^[a-z][a-z0-9.-]*$/;
const QUALIFIER_KEY_FORM = /^[a-z._-][a-z0-9._-]*$/;

/** Parses a purl; throws PurlError. */
export function parsePurl(text: string, options: { mode: PurlMode }): Purl {
  if (text.length > PURL_CHARS_MAX) throw new PurlError("too long", PURL_CHARS_MAX);
  if (!/^pkg:/i.test(text)) throw new PurlError('does not start with "pkg:"', 0);
  const { head, query, fragment } = splitTail(text);
  const path = withoutOuterSlashes(head.slice("pkg:".length));
  const slash = path.indexOf("/");
  if (slash < 0) throw new PurlError("has no name", text.length);
  const type = path.slice(0, slash).toLowerCase();
  const { fullName, version } = splitVersion(path.slice(slash + 1), type);
  const { namespace, name } = splitName(fullName, rulesOfType(type), options.mode);
  return normalizePurl(
    {
      type,
      namespace,
      name,
      version: version === undefined ? undefined : decode(version, options.mode),
      qualifiers: query === undefined ? undefined : readQualifiers(query, options.mode),
      subpath: fragment === undefined ? undefined : readSubpath(fragment, options.mode),
    } as PurlParts,
    options,
  );
}

function splitTail(text: string): { head: string; query: string | undefined; fragment: string | undefined } {
  const hash = text.lastIndexOf("#");
  const beforeHash = hash < 0 ? text : text.slice(0, hash);
  const question = beforeHash.lastIndexOf("?");
  return {
    head: question < 0 ? beforeHash : beforeHash.slice(0, question),
    query: question < 0 ? undefined : beforeHash.slice(question + 1),
    fragment: hash < 0 ? undefined : text.slice(hash + 1),
  };
}

/** The version follows the last "@", unless that "@" opens an npm scope that nobody encoded (`@babel/core`). */
function splitVersion(path: string, type: string): { fullName: string; version: string | undefined } {
  const at = path.lastIndexOf("@");
  if (at < 0 || (type === "npm" && at < path.lastIndexOf("/"))) return { fullName: path, version: undefined };
  if (at === 0 || path[at - 1] === "/") throw new PurlError("has an empty name");
  return { fullName: withoutOuterSlashes(path.slice(0, at)), version: path.slice(at + 1) };
}

function splitName(
  path: string,
  rules: PurlTypeRules,
  mode: PurlMode,
): { namespace: string | undefined; name: string } {
  const raw = mode === "lenient" ? path.replace(/%2f/gi, "/") : path;
  const segments = raw
    .split("/")
    .filter((segment) => segment !== "")
    .map((segment) => decode(segment, mode));
  const nameStart = rules.nameHasSegments ? Math.min(1, segments.length - 1) : segments.length - 1;
  const namespace = segments.slice(0, Math.max(nameStart, 0)).join("/");
  return { namespace: namespace === "" ? undefined : namespace, name: segments.slice(nameStart).join("/") };
}

function readQualifiers(query: string, mode: PurlMode): Record<string, string> {
  const qualifiers: Record<string, string> = {};
  for (const pair of query.split("&")) {
    const equals = pair.indexOf("=");
    if (equals > 0) qualifiers[pair.slice(0, equals).toLowerCase()] = decode(pair.slice(equals + 1), mode);
  }
  return qualifiers;
}

function readSubpath(fragment: string, mode: PurlMode): string {
  const segments = fragment.split("/").map((segment) => decode(segment, mode));
  if (mode === "strict" && segments.some((segment) => segment.includes("/")))
    throw new PurlError("subpath segment holds a slash");
  return segments.join("/");
}

function decode(text: string, mode: PurlMode): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    if (mode === "strict") throw new PurlError("broken percent-encoding");
    return text;
  }
}

/** Normalises loose parts into a Purl by the rules of their type; throws PurlError. */
export function normalizePurl(parts: PurlParts, options: { mode: PurlMode }): Purl {
  const type = (parts.type ?? "").toLowerCase();
  if (!TYPE_FORM.test(type)) throw new PurlError("has no valid type", "pkg:".length);
  const rules = rulesOfType(type);
  const fold = (part: "namespace" | "name" | "version" | "subpath", text: string) =>
    rules.lowerCase?.includes(part) ? text.toLowerCase() : text;
  const namespace = fold("namespace", nonEmptySegments(parts.namespace).join("/"));
  const qualifiers = normalizeQualifiers(parts.qualifiers ?? {}, options.mode);
  const foldedName = fold("name", withoutOuterSlashes(parts.name ?? ""));
  const name = rules.normalizeName?.(foldedName, qualifiers) ?? foldedName;
  if (name === "") throw new PurlError("has an empty name");
  const version = fold("version", parts.version ?? "");
  const subpath = fold(
    "subpath",
    nonEmptySegments(parts.subpath)
      .filter((part) => part !== "." && part !== "..")
      .join("/"),
  );
  const purl: Purl = {
    type,
    ...(namespace !== "" && { namespace }),
    name,
    ...(version !== "" && { version }),
    qualifiers,
    ...(subpath !== "" && { subpath }),
  };
  if (options.mode === "strict") refuseByTypeRules(purl, rules);
  return purl;
}

/** A loop, because /\/+$/ takes quadratic time on a text full of slashes. */
function withoutOuterSlashes(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text[start] === "/") start++;
  while (end > start && text[end - 1] === "/") end--;
  return text.slice(start, end);
}

function nonEmptySegments(path: string | null | undefined): string[] {
  return (path ?? "").split("/").filter((segment) => segment !== "");
}

function normalizeQualifiers(raw: Readonly<Record<string, string | null>>, mode: PurlMode): Record<string, string> {
  const entries: [string, string][] = [];
  for (const [key, value] of Object.entries(raw)) {
    if (value === null || value === "") continue;
    const folded = key.toLowerCase();
    if (QUALIFIER_KEY_FORM.test(folded)) entries.push([folded, value]);
    else if (mode === "strict") throw new PurlError(`qualifier key ${JSON.stringify(key)} is not allowed`);
  }
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

function refuseByTypeRules(purl: Purl, rules: PurlTypeRules): void {
  const { type, namespace, name, version, qualifiers } = purl;
  if (rules.namespace === "required" && namespace === undefined) throw new PurlError(`${type} needs a namespace`);
  if (rules.namespace === "prohibited" && namespace !== undefined) throw new PurlError(`${type} has no namespaces`);
  if (rules.nameForm?.test(name) === false) throw new PurlError(`not a ${type} name`);
  if (rules.versionRequired && version === undefined) throw new PurlError(`${type} needs a version`);
  if (version !== undefined && rules.versionForm?.test(version) === false) throw new PurlError(`not a ${type} version`);
  const missing = rules.qualifiersRequired?.find((key) => qualifiers[key] === undefined);
  if (missing !== undefined) throw new PurlError(`${type} needs the qualifier ${missing}`);
  const reason = rules.check?.({ namespace, name, qualifiers });
  if (reason !== undefined) throw new PurlError(reason);
}

/** The canonical text of a purl: qualifiers sorted, everything but `A-Z a-z 0-9 . - _ ~ :` percent-encoded. */
export function formatPurl(purl: Purl): string {
  const qualifiers = Object.entries(purl.qualifiers)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, value]) => `${key}=${encode(value)}`)
    .join("&");
  const subpath = purl.subpath === undefined ? "" : `#${encodeSegments(purl.subpath)}`;
  return `${purlCoordinates(purl)}${qualifiers === "" ? "" : `?${qualifiers}`}${subpath}`;
}

/** The canonical text without qualifiers and subpath. */
export function purlCoordinates(purl: Purl): string {
  const namespace = purl.namespace === undefined ? "" : `${encodeSegments(purl.namespace)}/`;
  const name = rulesOfType(purl.type).nameHasSegments ? encodeSegments(purl.name) : encode(purl.name);
  const version = purl.version === undefined ? "" : `@${encode(purl.version)}`;
  return `pkg:${purl.type}/${namespace}${name}${version}`;
}

function encodeSegments(path: string): string {
  return path.split("/").map(encode).join("/");
}

function encode(text: string): string {
  if (/^[A-Za-z0-9._~:-]*$/.test(text)) return text;
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%3A", ":");
}

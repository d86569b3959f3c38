/**
 * Tolerant access to members of untrusted JSON. A document that was not validated may hold anything anywhere, so what has
 * the wrong kind counts as absent.
 */

/** A JSON object of unknown content. */
export type Fields = Readonly<Record<string, unknown>>;

const none: Fields = {};

/** The value if it is a JSON object, else undefined. */
export function asFields(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** The member if it is a JSON object, else an empty one. */
export function fieldsOf(fields: Fields, name: string): Fields {
  return asFields(fields[name]) ?? none;
}

/** The objects among the entries of a list member; anything else in it is skipped. */
export function listOf(fields: Fields, name: string): Fields[] {
  const list = fields[name];
  return Array.isArray(list) ? list.map(asFields).filter((entry) => entry !== undefined) : [];
}

/** The texts among the entries of a list member. */
export function textsOf(fields: Fields, name: string): string[] {
  const list = fields[name];
  return Array.isArray(list) ? list.flatMap((entry) => cleanText(entry) ?? []) : [];
}

/** The member as text; numbers count, as generators write `"version": 1.2`. */
export function textOf(fields: Fields, name: string): string | undefined {
  return cleanText(fields[name]);
}

/** The member as a whole number of at least 0 that PostgreSQL's `integer` holds. */
export function countOf(fields: Fields, name: string): number | undefined {
  const value = fields[name];
  const integerMax = 2_147_483_647;
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= integerMax ? value : undefined;
}

/** The member as a moment, in RFC 3339 and UTC. */
export function momentOf(fields: Fields, name: string): string | undefined {
  const text = textOf(fields, name);
  if (text === undefined) return undefined;
  const moment = new Date(text);
  const year = moment.getUTCFullYear();
  return year >= 1 && year <= 9999 ? moment.toISOString() : undefined;
}

/** The member if it is a boolean. */
export function flagOf(fields: Fields, name: string): boolean | undefined {
  const value = fields[name];
  return typeof value === "boolean" ? value : undefined;
}

/** An object of those members that are not undefined: absent stays absent. */
export function present<T extends object>(members: { [K in keyof T]: T[K] | undefined }): T {
  const kept: Partial<T> = {};
  for (const name in members) {
    const value = members[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept as T;
}

/** Trimmed, without what PostgreSQL's `text` refuses (NUL, lone surrogates); blank is absent. */
function cleanText(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") return undefined;
  const text = value.includes("\u0000") ? value.replaceAll("\u0000", "") : value;
  const trimmed = text.toWellFormed().trim();
  return trimmed === "" ? undefined : trimmed;
}

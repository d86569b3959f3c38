// Reading fields of JSON that nobody vouches for. A field of the wrong type counts as absent.
//
// Texts end up in PostgreSQL's text and jsonb, which take neither NUL nor lone surrogates, so both are removed here.

/** A JSON object, its fields still unknown. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The value as an object, or undefined. */
export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/** The value as an array; anything else is an empty one. */
export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The objects in an array. */
export function objectsIn(value: unknown): JsonObject[] {
  return asArray(value)
    .map(asObject)
    .filter((item) => item !== undefined);
}

/** The value as a storable text without surrounding blanks; undefined when empty or no text. */
export function asText(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const text = value.replaceAll("\u0000", "").toWellFormed().trim();
  return text === "" ? undefined : text;
}

/** The texts in an array, each once. */
export function textsIn(value: unknown): string[] {
  return [
    ...new Set(
      asArray(value)
        .map(asText)
        .filter((text) => text !== undefined),
    ),
  ];
}

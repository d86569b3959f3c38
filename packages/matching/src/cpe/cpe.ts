// CPE names: the formatted string of CPE 2.3 (NIST IR 7695 §6.2). Values keep their quoting, with needless backslashes
// removed, so that `1\.0` and `1.0` are the same text while `\*` stays different from the wildcard `*`.

/** The attributes of a name in the order in which a formatted string lists them. */
export const CPE_ATTRIBUTES = [
  "part",
  "vendor",
  "product",
  "version",
  "update",
  "edition",
  "language",
  "swEdition",
  "targetSw",
  "targetHw",
  "other",
] as const;

/** The name of one attribute. */
export type CpeAttribute = (typeof CPE_ATTRIBUTES)[number];

/** A parsed name: `*` is ANY, `-` is NA (not applicable), everything else a quoted value, perhaps with wildcards. */
export type Cpe = Readonly<Record<CpeAttribute, string>>;

/** ANY: no restriction. */
export const CPE_ANY = "*";
/** NA: the attribute does not apply. */
export const CPE_NA = "-";

/** Longer names are refused; NVD's longest has fewer than 300 characters. */
export const CPE_CHARS_MAX = 2_000;

/** A text that is no CPE name. */
export class CpeError extends Error {
  override readonly name = "CpeError";

  constructor(reason: string, text: string) {
    super(`not a CPE name (${reason}): ${JSON.stringify(text.slice(0, CPE_CHARS_IN_MESSAGE_MAX))}`);
  }
}

const CPE_CHARS_IN_MESSAGE_MAX = 100;
const FORMATTED_PREFIX = /^cpe:2\.3:/i;
/** A character with the backslash that quotes it, or one alone. */
const QUOTED_CHARACTERS = /\\.|[^\\]/gsu;
const NEEDS_NO_QUOTE = /^\\[A-Za-z0-9._-]$/;
const VALUE = /^(?:[^\\\s\p{Cc}]|\\[^\s\p{Cc}])+$/u;
const PART = /^[aoh*-]$/i;

/** Whether a text claims to be a CPE 2.3 formatted string. */
export function isFormattedCpe(text: string): boolean {
  return FORMATTED_PREFIX.test(text);
}

/** Parses a CPE 2.3 formatted string; throws CpeError. */
export function parseFormattedCpe(text: string): Cpe {
  if (text.length > CPE_CHARS_MAX) throw new CpeError(`longer than ${CPE_CHARS_MAX} characters`, text);
  if (!isFormattedCpe(text)) throw new CpeError("does not begin with cpe:2.3:", text);
  const values = splitUnquoted(text.replace(FORMATTED_PREFIX, ""));
  if (values.length !== CPE_ATTRIBUTES.length) throw new CpeError("does not have 11 attributes", text);
  return cpeOfValues(values, text);
}

/** The name made of values in order, each checked and without needless quotes; missing ones are ANY. */
export function cpeOfValues(values: readonly string[], text: string): Cpe {
  const checked = CPE_ATTRIBUTES.map((attribute, i) => [attribute, checkValue(attribute, values[i] ?? CPE_ANY, text)]);
  return Object.fromEntries(checked) as Cpe;
}

/** Writes a name as CPE 2.3 formatted string. */
export function formatCpe(cpe: Cpe): string {
  return `cpe:2.3:${CPE_ATTRIBUTES.map((attribute) => cpe[attribute]).join(":")}`;
}

/** A value without its quoting, as a version scheme wants to read it. */
export function unquoteCpeValue(value: string): string {
  return value.replace(/\\(.)/gsu, "$1");
}

function splitUnquoted(text: string): string[] {
  const values = [""];
  for (const character of text.match(QUOTED_CHARACTERS) ?? []) {
    if (character === ":") values.push("");
    else values.push((values.pop() ?? "") + character);
  }
  return values;
}

function checkValue(attribute: CpeAttribute, value: string, text: string): string {
  if (!VALUE.test(value)) throw new CpeError(`${attribute} is empty or has characters that may not occur`, text);
  if (attribute === "part" && !PART.test(value)) throw new CpeError("part is not a, o or h", text);
  return value === "\\-" ? value : withoutNeedlessQuotes(value);
}

function withoutNeedlessQuotes(value: string): string {
  return value.replace(/\\./gsu, (quoted) => (NEEDS_NO_QUOTE.test(quoted) ? quoted.slice(1) : quoted));
}

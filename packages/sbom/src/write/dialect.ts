import type { BomSpecVersion } from "./versions.ts";
import { withoutXmlForbidden } from "./xml-characters.ts";

/** What is written: a notation in one of its versions. */
export interface Dialect {
  readonly format: "json" | "xml";
  readonly specVersion: BomSpecVersion;
}

/** Whether something that came with `version` can be said. */
export function since(dialect: Dialect, version: BomSpecVersion): boolean {
  return dialect.specVersion >= version;
}

/** A text as the notation can hold it; blank ones are absent. The schema for JSON 1.2 takes texts of one line only. */
export function textIn(dialect: Dialect, text: string | undefined): string | undefined {
  const held = contentIn(dialect, text);
  const oneLine = dialect.format === "json" && dialect.specVersion === "1.2";
  return oneLine ? held?.replace(lineBreaks, " ") : held;
}

/** A text of any number of lines. */
export function contentIn(dialect: Dialect, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const held = dialect.format === "xml" ? withoutXmlForbidden(text) : text;
  return held.trim() === "" ? undefined : held;
}

const lineBreaks = /[\n\r\u2028\u2029]+/g;

/** A list where it has entries: empty ones are left out. */
export function some<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined;
}

/** The texts that the notation can hold. */
export function textsIn(dialect: Dialect, texts: readonly string[] | undefined): readonly string[] | undefined {
  return texts && some(texts.flatMap((text) => textIn(dialect, text) ?? []));
}

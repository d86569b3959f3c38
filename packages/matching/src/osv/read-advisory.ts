// Reads one OSV record (ossf.github.io/osv-schema) into the shape this product stores.
//
// Feeds break their own schema, so nothing but an unusable `id` or `modified` makes a record unreadable: whatever is of
// the wrong type is left out, and a package nobody can name is dropped.

import { sourceOfOsvId, type VulnerabilitySource } from "./advisory-source.ts";
import { type AffectedPackage, readAffected } from "./affected-package.ts";
import { asObject, asText, type JsonObject, objectsIn, textsIn } from "./json-fields.ts";
import { type AdvisorySeverity, readSeverity } from "./read-severity.ts";

/** An advisory, plain JSON throughout. */
export interface OsvAdvisory {
  id: string;
  source: VulnerabilitySource;
  /** RFC 3339, as in `published` and `withdrawn`. */
  modified: string;
  published?: string;
  withdrawn?: string;
  aliases: { source: VulnerabilitySource; id: string }[];
  title: string;
  /** Markdown. */
  description: string;
  references: string[];
  cwes: number[];
  /** Names. */
  credits: string[];
  severity: AdvisorySeverity;
  affected: AffectedPackage[];
}

/** A record that cannot be used at all; `place` is the JSON path of the culprit. */
export class AdvisoryError extends Error {
  override readonly name = "AdvisoryError";
  readonly place: string;

  constructor(place: string, reason: string) {
    super(`unusable advisory: ${place} ${reason}`);
    this.place = place;
  }
}

const ID_CHARS_MAX = 255;

/** Reads a parsed OSV record; throws AdvisoryError. */
export function readOsvAdvisory(json: unknown): OsvAdvisory {
  const record = asObject(json);
  if (record === undefined) throw new AdvisoryError("$", "is not an object");
  const id = readId(record);
  const affected = readAffected(record);
  const published = readTime(record.published);
  const withdrawn = readTime(record.withdrawn);
  return {
    id,
    source: sourceOfOsvId(id),
    modified: readModified(record),
    ...(published !== undefined && { published }),
    ...(withdrawn !== undefined && { withdrawn }),
    aliases: textsIn(record.aliases)
      .filter((alias) => alias !== id)
      .map((alias) => ({ source: sourceOfOsvId(alias), id: alias })),
    title: asText(record.summary) ?? "",
    description: asText(record.details) ?? "",
    references: textsIn(objectsIn(record.references).map((reference) => reference.url)),
    cwes: readCwes(record),
    credits: textsIn(objectsIn(record.credits).map((credit) => credit.name)),
    severity: readSeverity(id, record),
    affected,
  };
}

function readId(record: JsonObject): string {
  const id = asText(record.id);
  if (id === undefined) throw new AdvisoryError("$.id", "is missing");
  if (id.length > ID_CHARS_MAX) throw new AdvisoryError("$.id", "is too long");
  return id;
}

function readModified(record: JsonObject): string {
  const modified = readTime(record.modified);
  if (modified === undefined) throw new AdvisoryError("$.modified", "is not a time");
  return modified;
}

function readTime(value: unknown): string | undefined {
  const text = asText(value);
  return text === undefined || Number.isNaN(Date.parse(text)) ? undefined : text;
}

/** CWE numbers stand in `database_specific.cwe_ids` (GitHub) or `affected[].database_specific.cwes` (PyPA, RustSec). */
function readCwes(record: JsonObject): number[] {
  const places = [record, ...objectsIn(record.affected)].map((holder) => asObject(holder.database_specific) ?? {});
  const texts = places.flatMap((place) => [
    ...textsIn(place.cwe_ids),
    ...textsIn(place.cwes),
    ...textsIn(objectsIn(place.cwes).map((cwe) => cwe.cweId ?? cwe.id)),
  ]);
  return [...new Set(texts.map(readCwe).filter((cwe) => cwe !== undefined))].sort((a, b) => a - b);
}

function readCwe(text: string): number | undefined {
  const digits = /^(?:CWE-)?(\d{1,6})$/i.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

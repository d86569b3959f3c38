// Reads one record of NVD's feeds (JSON 2.0, csrc.nist.gov/schema/nvd/api/2.0) into the shape this product stores.
//
// Only an unusable `id` or `lastModified` makes a record unreadable; a criterion that cannot be read costs itself alone.

import { recordsOfConfigurations } from "../cpe/configuration.ts";
import type { CpeRecord } from "../cpe/match-cpe.ts";
import { readNvdConfigurations } from "../cpe/read-configurations.ts";
import { asObject, asText, type JsonObject, objectsIn, textsIn } from "../osv/json-fields.ts";
import { AdvisoryError } from "../osv/read-advisory.ts";
import { type RatingMethod, type ResolvedRatings, resolveRatings, type StatedRating } from "../severity/ratings.ts";
import { severityOfWord } from "../severity/severity.ts";

/** A CVE as NVD tells it. */
export interface NvdRecord {
  id: string;
  /** RFC 3339 in UTC, as `published`. */
  modified: string;
  published?: string;
  /** NVD has withdrawn the CVE. */
  isRejected: boolean;
  /** In English; empty when there is none. */
  description: string;
  references: string[];
  cwes: number[];
  /** One rating per CVSS version, NVD's own before others'. */
  ratings: ResolvedRatings;
  /** The names to match single components with, each once. */
  affected: CpeRecord[];
  /** Criteria that are no CPE names and were left out. */
  unreadableCriteria: number;
}

const CVE_ID = /^CVE-\d{4}-\d{4,19}$/;

/** Reads a parsed entry of `vulnerabilities`; throws AdvisoryError. */
export function readNvdRecord(json: unknown): NvdRecord {
  const record = asObject(asObject(json)?.cve);
  if (record === undefined) throw new AdvisoryError("$.cve", "is not an object");
  const id = asText(record.id);
  if (id === undefined || !CVE_ID.test(id)) throw new AdvisoryError("$.cve.id", "is no CVE id");
  const modified = readTime(record.lastModified);
  if (modified === undefined) throw new AdvisoryError("$.cve.lastModified", "is not a time");
  const published = readTime(record.published);
  const { configurations, unreadable } = readNvdConfigurations(record.configurations);
  return {
    id,
    modified,
    ...(published !== undefined && { published }),
    isRejected: asText(record.vulnStatus)?.toLowerCase() === "rejected",
    description: readDescription(record),
    references: textsIn(objectsIn(record.references).map(({ url }) => url)),
    cwes: readCwes(record),
    ratings: readRatings(record),
    affected: recordsOfConfigurations(configurations),
    unreadableCriteria: unreadable,
  };
}

/** NVD writes times of UTC without saying so. */
function readTime(value: unknown): string | undefined {
  const text = asText(value);
  if (text === undefined) return undefined;
  const zoned = /(?:Z|[+-]\d{2}:?\d{2})$/i.test(text) ? text : `${text}Z`;
  return Number.isNaN(Date.parse(zoned)) ? undefined : zoned;
}

function readDescription(record: JsonObject): string {
  const english = objectsIn(record.descriptions).find(({ lang }) => asText(lang)?.toLowerCase().startsWith("en"));
  return asText(english?.value) ?? "";
}

/** "NVD-CWE-Other" and "NVD-CWE-noinfo" are no weaknesses. */
function readCwes(record: JsonObject): number[] {
  const values = objectsIn(record.weaknesses)
    .flatMap(({ description }) => objectsIn(description))
    .map(({ value }) => /^CWE-(\d{1,6})$/i.exec(asText(value) ?? "")?.[1]);
  return [...new Set(values.filter((digits) => digits !== undefined).map(Number))].sort((a, b) => a - b);
}

const METHODS: readonly (readonly [metric: string, method: RatingMethod])[] = [
  ["cvssMetricV40", "CVSSV4"],
  ["cvssMetricV31", "CVSSV31"],
  ["cvssMetricV30", "CVSSV3"],
  ["cvssMetricV2", "CVSSV2"],
];
const RATERS = new Map([
  ["nvd@nist.gov", "NVD"],
  ["security-advisories@github.com", "GITHUB"],
]);

function readRatings(record: JsonObject): ResolvedRatings {
  const metrics = asObject(record.metrics) ?? {};
  const stated = METHODS.flatMap(([metric, method]) =>
    objectsIn(metrics[metric]).map((rating) => readRating(rating, method)),
  );
  return resolveRatings("NVD", stated);
}

function readRating(rating: JsonObject, method: RatingMethod): StatedRating {
  const data = asObject(rating.cvssData) ?? {};
  const rater = asText(rating.source);
  const vector = asText(data.vectorString);
  const severity = severityOfWord(asText(data.baseSeverity) ?? asText(rating.baseSeverity) ?? "");
  return {
    method,
    ...(rater !== undefined && { source: RATERS.get(rater) ?? rater }),
    ...(vector !== undefined && { vector }),
    ...(typeof data.baseScore === "number" && { score: data.baseScore }),
    ...(severity !== undefined && { severity }),
  };
}

// The severity of an OSV record: its CVSS vectors, else those of its packages, else the strongest word any part of the
// record uses. Reports of malicious packages are critical whatever they say.

import { type CvssScore, scoreCvss } from "../severity/cvss.ts";
import { CvssError } from "../severity/cvss-vector.ts";
import { higherSeverity, type Severity, severityOf, severityOfWord } from "../severity/severity.ts";
import { asObject, asText, type JsonObject, objectsIn } from "./json-fields.ts";

/** A vector and its score, from 0 to 10. */
export interface ScoredVector {
  vector: string;
  score: number;
}

/** What an advisory says about its severity, and the level that follows. */
export interface AdvisorySeverity {
  level: Severity;
  cvssV2?: ScoredVector;
  cvssV3?: ScoredVector;
  cvssV4?: ScoredVector;
}

type Method = "cvssV2" | "cvssV3" | "cvssV4";
const METHOD_OF_VERSION = {
  "2.0": "cvssV2",
  "3.0": "cvssV3",
  "3.1": "cvssV3",
  "4.0": "cvssV4",
} as const satisfies Record<string, Method>;

/** Reads the severity of an OSV record. */
export function readSeverity(id: string, record: JsonObject): AdvisorySeverity {
  const packages = objectsIn(record.affected);
  const own = bestScores(objectsIn(record.severity));
  const vectors = Object.keys(own).length > 0 ? own : bestScores(packages.flatMap((part) => objectsIn(part.severity)));
  if (id.startsWith("MAL-")) return { ...vectors, level: "CRITICAL" };
  const scored = severityOf(vectors);
  return { ...vectors, level: scored === "UNASSIGNED" ? strongestWord([record, ...packages]) : scored };
}

/** One vector per method; of several, version 3.1 before 3.0 and then the higher score. */
function bestScores(severities: JsonObject[]): Partial<Record<Method, ScoredVector>> {
  const best: Partial<Record<Method, CvssScore>> = {};
  for (const severity of severities) {
    const scored = scoreIfVector(asText(severity.score));
    if (scored === undefined) continue;
    const method = METHOD_OF_VERSION[scored.version];
    const rival = best[method];
    if (rival === undefined || isPreferred(scored, rival)) best[method] = scored;
  }
  return Object.fromEntries(Object.entries(best).map(([method, { vector, score }]) => [method, { vector, score }]));
}

function isPreferred(a: CvssScore, b: CvssScore): boolean {
  return a.version === b.version ? a.score > b.score : a.version > b.version;
}

function scoreIfVector(text: string | undefined): CvssScore | undefined {
  if (text === undefined) return undefined;
  try {
    return scoreCvss(text);
  } catch (error) {
    if (error instanceof CvssError) return undefined;
    throw error;
  }
}

/** GitHub and Bitnami write a word in `database_specific`, Ubuntu puts one where a vector should be. */
function strongestWord(parts: JsonObject[]): Severity {
  const words = parts.flatMap((part) => [
    asObject(part.database_specific)?.severity,
    asObject(part.ecosystem_specific)?.severity,
    ...objectsIn(part.severity).map((severity) => severity.score),
  ]);
  let strongest: Severity = "UNASSIGNED";
  for (const word of words) strongest = higherSeverity(strongest, severityOfWord(asText(word) ?? "") ?? "UNASSIGNED");
  return strongest;
}

// Which of the ratings that sources give a vulnerability count (spec analysis §3): one per method, the vulnerability's own
// source first, then those with a method, then those with a vector, then the newer method. What a vector says goes before the
// number beside it only where that number is missing.

import { type CvssScore, scoreCvss } from "./cvss.ts";
import { CvssError } from "./cvss-vector.ts";
import { OwaspError, type OwaspRating, rateOwasp } from "./owasp.ts";
import { type Severity, severityOf } from "./severity.ts";

/** How a rating came about. CVSS 3.0 and 3.1 are one method. */
export type RatingMethod = "CVSSV2" | "CVSSV3" | "CVSSV31" | "CVSSV4" | "OWASP";

/** A rating as a source states it. */
export interface StatedRating {
  /** Who rates, e.g. `NVD`. */
  source?: string;
  method?: RatingMethod;
  vector?: string;
  score?: number;
  severity?: Severity;
}

/** The rating that counts of a CVSS method. */
export interface CvssRating {
  score: number;
  vector?: string;
  impact?: number;
  exploitability?: number;
}

/** What counts of a vulnerability's ratings, and the severity that follows. */
export interface ResolvedRatings {
  cvssV2?: CvssRating;
  cvssV3?: CvssRating;
  cvssV4?: CvssRating;
  owasp?: OwaspRating;
  severity: Severity;
}

/** Newest first. */
const METHODS: readonly (RatingMethod | undefined)[] = ["CVSSV4", "CVSSV31", "CVSSV3", "CVSSV2", "OWASP", undefined];
const MEMBERS = { CVSSV2: "cvssV2", CVSSV3: "cvssV3", CVSSV31: "cvssV3", CVSSV4: "cvssV4" } as const;

/** Chooses among the ratings of a vulnerability of `source`; `stated` is a level somebody set for it and wins. */
export function resolveRatings(
  source: string,
  ratings: readonly StatedRating[],
  stated: Severity = "UNASSIGNED",
): ResolvedRatings {
  const ordered = ratings.toSorted((a, b) => preference(source, a) - preference(source, b));
  const chosen: Chosen = {};
  for (const rating of ordered) keepFirst(chosen, rating);
  const scored = severityOf({ ...chosen, level: stated });
  const worded = ordered.find(({ severity = "UNASSIGNED" }) => severity !== "UNASSIGNED")?.severity;
  return { ...chosen, severity: scored === "UNASSIGNED" ? (worded ?? "UNASSIGNED") : scored };
}

type Chosen = Omit<ResolvedRatings, "severity">;

/** Takes a rating over where its method has none yet. */
function keepFirst(chosen: Chosen, rating: StatedRating): void {
  if (rating.method === undefined) return;
  if (rating.method === "OWASP") {
    const owasp = chosen.owasp ?? owaspOf(rating);
    if (owasp !== undefined) chosen.owasp = owasp;
    return;
  }
  const member = MEMBERS[rating.method];
  const cvss = chosen[member] ?? cvssOf(rating);
  if (cvss !== undefined) chosen[member] = cvss;
}

/** Less goes first. */
function preference(source: string, { source: rater, method, vector }: StatedRating): number {
  const isForeign = rater !== source;
  const order = METHODS.indexOf(method);
  return Number(isForeign) * 100 + Number(method === undefined) * 50 + Number(vector === undefined) * 10 + order;
}

function cvssOf({ vector, score = 0 }: StatedRating): CvssRating | undefined {
  const scored = vector === undefined ? undefined : ignoringFaults(() => scoreCvss(vector));
  if (scored === undefined) return score > 0 ? { score } : undefined;
  return { score: score > 0 ? score : scored.score, vector: scored.vector, ...subScoresOf(scored) };
}

function subScoresOf({ impact, exploitability }: CvssScore): Pick<CvssRating, "impact" | "exploitability"> {
  return { ...(impact !== undefined && { impact }), ...(exploitability !== undefined && { exploitability }) };
}

function owaspOf({ vector }: StatedRating): OwaspRating | undefined {
  return vector === undefined ? undefined : ignoringFaults(() => rateOwasp(vector));
}

/** A source's vector that is none says nothing. */
function ignoringFaults<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof CvssError || error instanceof OwaspError) return undefined;
    throw error;
  }
}

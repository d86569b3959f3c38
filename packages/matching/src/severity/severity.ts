// How severe a vulnerability is (spec analysis §3): an explicit level wins, then CVSS v4, v3, v2 in this order, then OWASP
// Risk Rating; CVSS and OWASP together give the higher of the two.

/** Severity levels. */
export type Severity = "CRITICAL" | "HIGH" | "MEDIUM" | "LOW" | "INFO" | "UNASSIGNED";

/** Rank for showing: most severe first. */
export const SEVERITY_RANK: Readonly<Record<Severity, number>> = {
  CRITICAL: 0,
  HIGH: 1,
  MEDIUM: 2,
  LOW: 3,
  INFO: 4,
  UNASSIGNED: 5,
};

/** Order of the database enumeration: ascending severity. */
export const SEVERITY_ORDER: Readonly<Record<Severity, number>> = {
  UNASSIGNED: 0,
  INFO: 1,
  LOW: 2,
  MEDIUM: 3,
  HIGH: 4,
  CRITICAL: 5,
};

/** The three scores of an OWASP Risk Rating, each from 0 to 9. */
export interface OwaspScores {
  likelihood: number;
  technicalImpact: number;
  businessImpact: number;
}

/** What is known about a vulnerability's severity. */
export interface SeverityInputs {
  cvssV2?: { score: number };
  cvssV3?: { score: number };
  cvssV4?: { score: number };
  owasp?: OwaspScores;
  /** A level that somebody stated. */
  level?: Severity;
}

/** The severity that follows from what is known. */
export function severityOf(inputs: SeverityInputs): Severity {
  if (inputs.level !== undefined && inputs.level !== "UNASSIGNED") return inputs.level;
  const owasp = inputs.owasp === undefined ? "UNASSIGNED" : severityOfOwasp(inputs.owasp);
  return higherSeverity(severityOfCvss(inputs), owasp);
}

function severityOfCvss({ cvssV2, cvssV3, cvssV4 }: SeverityInputs): Severity {
  if (cvssV4 !== undefined) return severityOfModernScore(cvssV4.score);
  if (cvssV3 !== undefined) return severityOfModernScore(cvssV3.score);
  return cvssV2 === undefined ? "UNASSIGNED" : severityOfCvssV2Score(cvssV2.score);
}

function severityOfModernScore(score: number): Severity {
  if (score >= 9) return "CRITICAL";
  if (score >= 7) return "HIGH";
  if (score >= 4) return "MEDIUM";
  return score > 0 ? "LOW" : "UNASSIGNED";
}

function severityOfCvssV2Score(score: number): Severity {
  if (score >= 7) return "HIGH";
  if (score >= 4) return "MEDIUM";
  return score > 0 ? "LOW" : "UNASSIGNED";
}

/** OWASP's matrix, by level of likelihood and then of impact. */
const OWASP_MATRIX = {
  LOW: { LOW: "INFO", MEDIUM: "LOW", HIGH: "MEDIUM" },
  MEDIUM: { LOW: "LOW", MEDIUM: "MEDIUM", HIGH: "HIGH" },
  HIGH: { LOW: "MEDIUM", MEDIUM: "HIGH", HIGH: "CRITICAL" },
} as const satisfies Record<string, Record<string, Severity>>;

function severityOfOwasp({ likelihood, technicalImpact, businessImpact }: OwaspScores): Severity {
  const likely = owaspLevel(likelihood);
  const impact = owaspLevel(Math.max(technicalImpact, businessImpact));
  return likely === undefined || impact === undefined ? "UNASSIGNED" : OWASP_MATRIX[likely][impact];
}

/** The level of a likelihood or an impact; undefined when it was not rated. */
export function owaspLevel(score: number): "LOW" | "MEDIUM" | "HIGH" | undefined {
  if (score >= 6) return "HIGH";
  if (score >= 3) return "MEDIUM";
  return score > 0 ? "LOW" : undefined;
}

/** The more severe of two. */
export function higherSeverity(a: Severity, b: Severity): Severity {
  return SEVERITY_ORDER[a] >= SEVERITY_ORDER[b] ? a : b;
}

const LEVELS_BY_WORD = new Map<string, Severity>([
  ["critical", "CRITICAL"],
  ["high", "HIGH"],
  ["important", "HIGH"],
  ["moderate", "MEDIUM"],
  ["medium", "MEDIUM"],
  ["low", "LOW"],
  ["negligible", "INFO"],
  ["minimal", "INFO"],
  ["info", "INFO"],
  ["informational", "INFO"],
  ["none", "INFO"],
]);

/** The level that a feed's word stands for, in any case; undefined when it says nothing ("Unknown"). */
export function severityOfWord(word: string): Severity | undefined {
  return LEVELS_BY_WORD.get(word.trim().toLowerCase());
}

// Scores of CVSS vectors.

import calculator from "ae-cvss-calculator";
import { type CvssVersion, checkCvssVector } from "./cvss-vector.ts";

/** A vector with its scores, each from 0 to 10. */
export interface CvssScore {
  version: CvssVersion;
  vector: string;
  /** Version 2 and 3: the base score. Version 4: the score of the whole vector, which is what CVSS v4.0 §8 defines. */
  score: number;
  /** Version 2 and 3 only. */
  impact?: number;
  /** Version 2 and 3 only. */
  exploitability?: number;
}

/** Checks and scores a vector of any version; throws CvssError. */
export function scoreCvss(text: string): CvssScore {
  const { version, vector } = checkCvssVector(text);
  if (version === "4.0") return { version, vector, score: new calculator.Cvss4P0(vector).calculateScores().overall };
  const scores = versionsBefore4[version](vector);
  return {
    version,
    vector,
    score: scores.base ?? 0,
    impact: scores.impact ?? 0,
    exploitability: scores.exploitability ?? 0,
  };
}

const versionsBefore4 = {
  "2.0": (vector: string) => new calculator.Cvss2(vector).calculateScores(),
  "3.0": (vector: string) => new calculator.Cvss3P0(vector).calculateScores(),
  "3.1": (vector: string) => new calculator.Cvss3P1(vector).calculateScores(),
};

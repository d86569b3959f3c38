// Scores of CVSS vectors. Versions 2 and 3 are a page of equations each and ours; version 4 rests on a table of 270 expert
// judgements, for which there is a calculator that agrees with the others.

import calculator from "ae-cvss-calculator";
import { cvssMetrics, roundToTenth } from "./cvss-scoring.ts";
import { scoreCvssV2 } from "./cvss-v2.ts";
import { scoreCvssV3 } from "./cvss-v3.ts";
import { type CheckedVector, type CvssVersion, checkCvssVector, saysAny } from "./cvss-vector.ts";

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
  /** Version 2 and 3, where the vector has temporal metrics. */
  temporal?: number;
  /** Version 2 and 3, where the vector has environmental metrics; includes the temporal ones. */
  environmental?: number;
  /** With `environmental`. */
  modifiedImpact?: number;
}

const TEMPORAL = ["E", "RL", "RC"];
const ENVIRONMENTAL_V2 = ["CDP", "TD", "CR", "IR", "AR"];
const ENVIRONMENTAL_V3 = ["CR", "IR", "AR", "MAV", "MAC", "MPR", "MUI", "MS", "MC", "MI", "MA"];

/** Checks and scores a vector of any version; throws CvssError. */
export function scoreCvss(text: string): CvssScore {
  const checked = checkCvssVector(text);
  const { version, vector } = checked;
  if (version === "4.0") return { version, vector, score: new calculator.Cvss4P0(vector).calculateScores().overall };
  return { version, vector, ...scoresBefore4(checked, version) };
}

function scoresBefore4(checked: CheckedVector, version: "2.0" | "3.0" | "3.1"): Omit<CvssScore, "version" | "vector"> {
  const metrics = cvssMetrics(checked.values);
  const scores = version === "2.0" ? scoreCvssV2(metrics) : scoreCvssV3(metrics, version);
  const isEnvironmental = saysAny(checked, version === "2.0" ? ENVIRONMENTAL_V2 : ENVIRONMENTAL_V3);
  return {
    score: scores.base,
    impact: subScore(scores.impact),
    exploitability: subScore(scores.exploitability),
    ...(saysAny(checked, TEMPORAL) && { temporal: scores.temporal }),
    ...(isEnvironmental && { environmental: scores.environmental, modifiedImpact: subScore(scores.modifiedImpact) }),
  };
}

/** The equations of a changed scope without impact go below zero. */
function subScore(score: number): number {
  return roundToTenth(Math.max(score, 0));
}

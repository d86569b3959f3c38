import type { CvssScoreResponse, OwaspLevel, OwaspScoreResponse } from "@evertrack/contract/v1/calculator";
import { CvssError, OwaspError, owaspLevel, rateOwasp, scoreCvss } from "@evertrack/matching";
import { PlainError } from "../../../platform/http/index.ts";

/** `GET /v1/calculator/cvss`. Members without a value do not reach the client. */
export function cvssScores(vector: string): CvssScoreResponse {
  const scores = orRefused(() => scoreCvss(vector));
  const { impact, exploitability, temporal, environmental, modifiedImpact } = scores;
  return {
    baseScore: scores.score,
    ...(impact !== undefined && { impactSubScore: impact }),
    ...(exploitability !== undefined && { exploitabilitySubScore: exploitability }),
    ...(temporal !== undefined && { temporalScore: temporal }),
    ...(environmental !== undefined && { environmentalScore: environmental }),
    ...(modifiedImpact !== undefined && { modifiedImpactSubScore: modifiedImpact }),
  };
}

/** `GET /v1/calculator/owasp`. */
export function owaspScores(vector: string): OwaspScoreResponse {
  const { likelihood, technicalImpact, businessImpact } = orRefused(() => rateOwasp(vector));
  return {
    likelihoodScore: likelihood,
    technicalImpactScore: technicalImpact,
    businessImpactScore: businessImpact,
    likelihood: levelOf(likelihood),
    technicalImpact: levelOf(technicalImpact),
    businessImpact: levelOf(businessImpact),
  };
}

/** The API has no word for "not rated". */
function levelOf(score: number): OwaspLevel {
  return owaspLevel(score) ?? "LOW";
}

/** A vector that is none is told with the place of its fault. */
function orRefused<T>(calculate: () => T): T {
  try {
    return calculate();
  } catch (error) {
    if (error instanceof CvssError || error instanceof OwaspError) throw new PlainError(400, error.message);
    throw error;
  }
}

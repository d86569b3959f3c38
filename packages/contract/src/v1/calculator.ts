import { z } from "zod";

/** Query of the calculators. */
export const calculatorQuery = z.object({ vector: z.string().min(1, "must not be empty") });

/** Scores of a CVSS vector; those that do not apply to it are left out. */
export interface CvssScoreResponse {
  baseScore: number;
  impactSubScore?: number;
  exploitabilitySubScore?: number;
  temporalScore?: number;
  environmentalScore?: number;
  modifiedImpactSubScore?: number;
}

/** Level of a likelihood or an impact. */
export type OwaspLevel = "HIGH" | "MEDIUM" | "LOW";

/** Scores of an OWASP Risk Rating vector. */
export interface OwaspScoreResponse {
  likelihoodScore: number;
  technicalImpactScore: number;
  businessImpactScore: number;
  likelihood: OwaspLevel;
  technicalImpact: OwaspLevel;
  businessImpact: OwaspLevel;
}

// Scores of CVSS v2.0 vectors (FIRST: "A Complete Guide to the CVSS 2.0", §3.2). Every score is rounded before the next one
// is made of it, which is what the guide's examples do.

import { type CvssMetrics, roundToTenth, type UnroundedScores } from "./cvss-scoring.ts";

const ACCESS_VECTOR = { L: 0.395, A: 0.646, N: 1 };
const ACCESS_COMPLEXITY = { H: 0.35, M: 0.61, L: 0.71 };
const AUTHENTICATION = { M: 0.45, S: 0.56, N: 0.704 };
const IMPACT = { N: 0, P: 0.275, C: 0.66 };
const EXPLOITABILITY = { U: 0.85, POC: 0.9, F: 0.95, H: 1, ND: 1 };
const REMEDIATION_LEVEL = { OF: 0.87, TF: 0.9, W: 0.95, U: 1, ND: 1 };
const REPORT_CONFIDENCE = { UC: 0.9, UR: 0.95, C: 1, ND: 1 };
const COLLATERAL_DAMAGE = { N: 0, L: 0.1, LM: 0.3, MH: 0.4, H: 0.5, ND: 0 };
const TARGET_DISTRIBUTION = { N: 0, L: 0.25, M: 0.75, H: 1, ND: 1 };
const REQUIREMENT = { L: 0.5, M: 1, H: 1.51, ND: 1 };

/** Scores of checked metrics; temporal and environmental ones whether or not the vector has such metrics. */
export function scoreCvssV2(metrics: CvssMetrics): UnroundedScores {
  const { weight } = metrics;
  const exploitability =
    20 * weight("AV", ACCESS_VECTOR) * weight("AC", ACCESS_COMPLEXITY) * weight("Au", AUTHENTICATION);
  const impact = impactOf(metrics, () => 1);
  const modifiedImpact = Math.min(
    10,
    impactOf(metrics, (metric) => weight(metric, REQUIREMENT, "ND")),
  );
  const base = baseOf(impact, exploitability);
  const temporal = roundToTenth(base * temporalFactor(metrics));
  const adjusted = roundToTenth(baseOf(modifiedImpact, exploitability) * temporalFactor(metrics));
  const environmental = roundToTenth(
    (adjusted + (10 - adjusted) * weight("CDP", COLLATERAL_DAMAGE, "ND")) * weight("TD", TARGET_DISTRIBUTION, "ND"),
  );
  return { base, impact, exploitability, temporal, environmental, modifiedImpact };
}

function impactOf({ weight }: CvssMetrics, requirement: (metric: string) => number): number {
  const left = (metric: string) => 1 - weight(metric, IMPACT) * requirement(`${metric}R`);
  return 10.41 * (1 - left("C") * left("I") * left("A"));
}

function baseOf(impact: number, exploitability: number): number {
  return impact === 0 ? 0 : roundToTenth((0.6 * impact + 0.4 * exploitability - 1.5) * 1.176);
}

function temporalFactor({ weight }: CvssMetrics): number {
  return (
    weight("E", EXPLOITABILITY, "ND") * weight("RL", REMEDIATION_LEVEL, "ND") * weight("RC", REPORT_CONFIDENCE, "ND")
  );
}

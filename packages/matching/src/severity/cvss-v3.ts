// Scores of CVSS v3.0 and v3.1 vectors (FIRST: CVSS v3.1 specification, §7). The versions differ in one term of the modified
// impact; the rounding of 3.1, which is free of floating-point noise, is used for both.

import { type CvssMetrics, roundUpToTenth, type UnroundedScores } from "./cvss-scoring.ts";

const ATTACK_VECTOR = { N: 0.85, A: 0.62, L: 0.55, P: 0.2 };
const ATTACK_COMPLEXITY = { L: 0.77, H: 0.44 };
const PRIVILEGES_REQUIRED = { N: 0.85, L: 0.62, H: 0.27 };
const PRIVILEGES_REQUIRED_WHEN_CHANGED = { N: 0.85, L: 0.68, H: 0.5 };
const USER_INTERACTION = { N: 0.85, R: 0.62 };
const IMPACT = { H: 0.56, L: 0.22, N: 0 };
const EXPLOIT_MATURITY = { X: 1, H: 1, F: 0.97, P: 0.94, U: 0.91 };
const REMEDIATION_LEVEL = { X: 1, U: 1, W: 0.97, T: 0.96, O: 0.95 };
const REPORT_CONFIDENCE = { X: 1, C: 1, R: 0.96, U: 0.92 };
const REQUIREMENT = { X: 1, M: 1, H: 1.5, L: 0.5 };
const MODIFIED_IMPACT_BASE_MAX = 0.915;

/** Scores of checked metrics; temporal and environmental ones whether or not the vector has such metrics. */
export function scoreCvssV3(metrics: CvssMetrics, version: "3.0" | "3.1"): UnroundedScores {
  const isChanged = metrics.value("S") === "C";
  const exploitability = exploitabilityOf(metrics, (metric) => metric, isChanged);
  const impact = impactOf(metrics, isChanged);
  const base = combined(impact, exploitability, isChanged);
  const factor = temporalFactor(metrics);
  const modified = modifiedScores(metrics, version);
  return {
    base,
    impact,
    exploitability,
    temporal: roundUpToTenth(base * factor),
    environmental: roundUpToTenth(modified.base * factor),
    modifiedImpact: modified.impact,
  };
}

function impactOf({ weight }: CvssMetrics, isChanged: boolean): number {
  const base = 1 - (1 - weight("C", IMPACT)) * (1 - weight("I", IMPACT)) * (1 - weight("A", IMPACT));
  return isChanged ? 7.52 * (base - 0.029) - 3.25 * (base - 0.02) ** 15 : 6.42 * base;
}

function modifiedScores(metrics: CvssMetrics, version: "3.0" | "3.1"): { base: number; impact: number } {
  const nameOf = (metric: string) => (metrics.value(`M${metric}`, "X") === "X" ? metric : `M${metric}`);
  const isChanged = metrics.value(nameOf("S")) === "C";
  const left = (metric: string) =>
    1 - metrics.weight(nameOf(metric), IMPACT) * metrics.weight(`${metric}R`, REQUIREMENT, "X");
  const base = Math.min(1 - left("C") * left("I") * left("A"), MODIFIED_IMPACT_BASE_MAX);
  const bent = version === "3.1" ? (base * 0.9731 - 0.02) ** 13 : (base - 0.02) ** 15;
  const impact = isChanged ? 7.52 * (base - 0.029) - 3.25 * bent : 6.42 * base;
  return { base: combined(impact, exploitabilityOf(metrics, nameOf, isChanged), isChanged), impact };
}

function exploitabilityOf(
  { weight }: CvssMetrics,
  nameOf: (metric: string) => string,
  isScopeChanged: boolean,
): number {
  const privileges = isScopeChanged ? PRIVILEGES_REQUIRED_WHEN_CHANGED : PRIVILEGES_REQUIRED;
  return (
    8.22 *
    weight(nameOf("AV"), ATTACK_VECTOR) *
    weight(nameOf("AC"), ATTACK_COMPLEXITY) *
    weight(nameOf("PR"), privileges) *
    weight(nameOf("UI"), USER_INTERACTION)
  );
}

function combined(impact: number, exploitability: number, isChanged: boolean): number {
  if (impact <= 0) return 0;
  return roundUpToTenth(Math.min((isChanged ? 1.08 : 1) * (impact + exploitability), 10));
}

function temporalFactor({ weight }: CvssMetrics): number {
  return (
    weight("E", EXPLOIT_MATURITY, "X") * weight("RL", REMEDIATION_LEVEL, "X") * weight("RC", REPORT_CONFIDENCE, "X")
  );
}

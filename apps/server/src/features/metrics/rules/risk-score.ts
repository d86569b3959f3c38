/** Weight of one vulnerability of each severity (settings `risk-score/weight.*`). */
export interface RiskWeights {
  critical: number;
  high: number;
  medium: number;
  low: number;
  unassigned: number;
}

/** Weighted sum of the counts (spec: analysis §8). */
export function riskScore(counts: RiskWeights, weights: RiskWeights): number {
  const { critical, high, medium, low, unassigned } = counts;
  return (
    critical * weights.critical +
    high * weights.high +
    medium * weights.medium +
    low * weights.low +
    unassigned * weights.unassigned
  );
}

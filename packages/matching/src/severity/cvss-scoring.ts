// What the equations of all versions share: weights by metric, and rounding that is not at the mercy of binary fractions.

/** Checked metrics of a vector. */
export interface CvssMetrics {
  /** The value of a metric; `otherwise` when the vector lacks it. */
  value(metric: string, otherwise?: string): string;
  /** The number a metric's value stands for. */
  weight(metric: string, weights: Readonly<Record<string, number>>, otherwise?: string): number;
}

/** Scores are rounded, sub-scores are not yet. */
export interface UnroundedScores {
  base: number;
  impact: number;
  exploitability: number;
  temporal: number;
  environmental: number;
  modifiedImpact: number;
}

/** Metrics by name, for the equations. A metric the grammar demands is always there. */
export function cvssMetrics(values: ReadonlyMap<string, string>): CvssMetrics {
  const value = (metric: string, otherwise = "") => values.get(metric) ?? otherwise;
  return { value, weight: (metric, weights, otherwise) => weights[value(metric, otherwise)] ?? 0 };
}

/** 91.49999999999999 stands for 91.5. */
const NOISE_DIGITS = 6;

/** To the nearest tenth, halves up. */
export function roundToTenth(score: number): number {
  return Math.round(Number((score * 10).toFixed(NOISE_DIGITS))) / 10;
}

/** To the next tenth that is not smaller (CVSS v3.1, appendix A). */
export function roundUpToTenth(score: number): number {
  const scaled = Math.round(score * 100_000);
  return scaled % 10_000 === 0 ? scaled / 100_000 : (Math.floor(scaled / 10_000) + 1) / 10;
}

import type { Sample } from "./recorded-traffic.ts";

/** What clients met within one second. */
export interface Second {
  /** Since the start of the time line. */
  readonly atS: number;
  /** Attempts that ended within it. */
  readonly requests: number;
  readonly unsuccessful: number;
  /** Milliseconds, of successes; null when there was none. */
  readonly p50: number | null;
  readonly p95: number | null;
}

/** Samples by the second in which they were answered, without gaps. */
export function bySecond(samples: readonly Sample[], startedMs: number): Second[] {
  const secondOf = ({ atMs, tookMs }: Sample) => Math.floor((atMs + tookMs - startedMs) / 1000);
  const groups = Map.groupBy(samples, secondOf);
  const [first, last] = [Math.min(...groups.keys()), Math.max(...groups.keys())];
  if (groups.size === 0) return [];
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const group = groups.get(first + index) ?? [];
    const good = group.filter(({ why }) => why === undefined).map(({ tookMs }) => tookMs);
    const unsuccessful = group.length - good.length;
    return {
      atS: first + index,
      requests: group.length,
      unsuccessful,
      p50: percentile(good, 0.5),
      p95: percentile(good, 0.95),
    };
  });
}

/** The value a share of all values does not exceed, in tenths; null of nothing. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
  return value === undefined ? null : Math.round(value * 10) / 10;
}

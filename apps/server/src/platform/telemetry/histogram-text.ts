import type { HistogramSnapshot } from "@evertrack/engine";

/** A histogram that somebody else keeps. */
export interface HistogramDescription {
  name: string;
  help: string;
  /** What one unit of the metric is in the histogram's own: 1000 where milliseconds are shown as seconds. */
  unit: number;
}

/** One histogram of a metric with its labels. */
export interface HistogramSample {
  labels: Record<string, string>;
  snapshot: HistogramSnapshot;
}

/** A histogram in Prometheus text format 0.0.4: buckets summed up, then sum and count. */
export function histogramText({ name, help, unit }: HistogramDescription, samples: readonly HistogramSample[]): string {
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`];
  for (const { labels, snapshot } of samples) {
    let below = 0;
    for (const [index, bound] of snapshot.bounds.entries()) {
      below += snapshot.counts[index] ?? 0;
      lines.push(`${name}_bucket${labelsText({ ...labels, le: String(bound / unit) })} ${below}`);
    }
    lines.push(`${name}_bucket${labelsText({ ...labels, le: "+Inf" })} ${snapshot.count}`);
    lines.push(`${name}_sum${labelsText(labels)} ${snapshot.sum / unit}`);
    lines.push(`${name}_count${labelsText(labels)} ${snapshot.count}`);
  }
  return `${lines.join("\n")}\n`;
}

function labelsText(labels: Record<string, string>): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}

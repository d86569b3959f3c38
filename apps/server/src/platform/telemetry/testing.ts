/** One metric of a scrape: its samples by full sample name and labels. */
export interface ParsedMetric {
  type: string;
  help: string;
  samples: { name: string; labels: Record<string, string>; value: number }[];
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`);
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|$)/gy;

/** Parses Prometheus text format 0.0.4 strictly; throws at what a Prometheus server would refuse or misread. */
export function parseExposition(text: string): Map<string, ParsedMetric> {
  const metrics = new Map<string, ParsedMetric>();
  const seen = new Set<string>();
  let current: string | undefined;
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const [, word, name, rest] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (word === "HELP" && name !== undefined) {
      if (metrics.has(name)) throw new Error(`${name} is described twice`);
      metrics.set(name, { type: "untyped", help: rest ?? "", samples: [] });
      current = name;
    } else if (word === "TYPE" && name !== undefined) {
      const metric = metrics.get(name);
      if (metric === undefined || name !== current) throw new Error(`${name} has a type and no help`);
      metric.type = rest ?? "";
    } else {
      const sample = parseSample(line);
      const metric = current === undefined ? undefined : metrics.get(current);
      if (metric === undefined || !belongs(sample.name, current ?? "", metric.type))
        throw new Error(`a sample stands below another metric: ${line}`);
      const identity = `${sample.name}${JSON.stringify(Object.entries(sample.labels).sort())}`;
      if (seen.has(identity)) throw new Error(`a sample stands there twice: ${line}`);
      seen.add(identity);
      metric.samples.push(sample);
    }
  }
  for (const [name, metric] of metrics) if (metric.type === "histogram") checkHistogram(name, metric);
  return metrics;
}

function parseSample(line: string): ParsedMetric["samples"][number] {
  const [, name, labelText = "", valueText = ""] = SAMPLE.exec(line) ?? [];
  if (name === undefined) throw new Error(`not a sample: ${line}`);
  const labels: Record<string, string> = {};
  let end = 0;
  for (const match of labelText.matchAll(LABEL)) {
    labels[match[1] ?? ""] = match[2] ?? "";
    end = match.index + match[0].length;
  }
  if (end !== labelText.length) throw new Error(`labels cannot be read: ${line}`);
  const value = Number(valueText.replace("+Inf", "Infinity"));
  if (Number.isNaN(value) && valueText !== "Nan" && valueText !== "NaN") throw new Error(`not a value: ${line}`);
  return { name, labels, value };
}

function belongs(sample: string, metric: string, type: string): boolean {
  if (type === "histogram") return ["_bucket", "_sum", "_count"].some((suffix) => sample === `${metric}${suffix}`);
  if (type === "summary") return sample === metric || sample === `${metric}_sum` || sample === `${metric}_count`;
  return sample === metric;
}

/** Per set of labels: buckets rise in bound and in value, the last is +Inf and equals the count. */
function checkHistogram(name: string, { samples }: ParsedMetric): void {
  const series = Map.groupBy(samples, ({ labels }) =>
    JSON.stringify(Object.entries(labels).filter(([label]) => label !== "le")),
  );
  for (const [labels, group] of series) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map((bucket) => Number((bucket.labels.le ?? "").replace("+Inf", "Infinity")));
    const count = group.find((sample) => sample.name === `${name}_count`)?.value;
    const sum = group.find((sample) => sample.name === `${name}_sum`)?.value;
    const rises = buckets.every(
      ({ value }, n) => n === 0 || (value >= (buckets[n - 1]?.value ?? 0) && (bounds[n] ?? 0) > (bounds[n - 1] ?? 0)),
    );
    if (!rises || bounds.at(-1) !== Number.POSITIVE_INFINITY || buckets.at(-1)?.value !== count || sum === undefined)
      throw new Error(`the histogram ${name}${labels} does not add up`);
  }
}

import type { Second } from "../../harness/traffic/seconds.ts";
import { clock, drawTicks, PAGE, round, type Scale } from "./page-scale.ts";
import type { RollReport } from "./report.ts";

const HEIGHT = 120;
const TOP = 8;
const LINES = 4;
const NICE = [1, 2, 2.5, 5, 10];

/** Requests per second, those without success in red. */
export function drawRequests({ seconds, events }: RollReport, scale: Scale): string {
  const highest = niceCeiling(Math.max(1, ...seconds.map(({ requests }) => requests)));
  const values = Array.from({ length: LINES + 1 }, (_, index) => (highest / LINES) * index);
  const y = (value: number) => round(TOP + HEIGHT - (value / highest) * HEIGHT);
  const width = Math.max(1, round(scale.x(1000) - scale.x(0) - 0.6));
  const bars = seconds.map(({ atS, requests, unsuccessful }) => {
    const x = scale.x(atS * 1000);
    const bar = (name: string, from: number, to: number) =>
      to > from
        ? `<rect class="${name}" x="${x}" y="${y(to)}" width="${width}" height="${round(y(from) - y(to))}"/>`
        : "";
    const told = `${clock(atS)}: ${requests} requests, ${unsuccessful} without success`;
    return `<g><title>${told}</title>${bar("failed", 0, unsuccessful)}${bar("good", unsuccessful, requests)}</g>`;
  });
  return chart({ name: "requests/s", values, y, scale, events, drawing: bars.join("\n") });
}

/** Median and 95th percentile of the answers of each second, on a logarithmic scale: one slow answer must not hide the others. */
export function drawLatency({ seconds, events }: RollReport, scale: Scale): string {
  const decades = Math.max(2, Math.ceil(Math.log10(Math.max(1, ...seconds.map(({ p95 }) => p95 ?? 0)))));
  const values = Array.from({ length: decades + 1 }, (_, power) => 10 ** power);
  const y = (value: number) => round(TOP + HEIGHT - (Math.log10(Math.max(1, value)) / decades) * HEIGHT);
  const line = (name: "p50" | "p95") => {
    const points = seconds.map((second) => pointOf(second, second[name], scale, y));
    // A second without an answer is a gap.
    const path = points.map((point, index) =>
      point === undefined ? "" : `${points[index - 1] === undefined ? "M" : "L"}${point}`,
    );
    return `<path class="${name}" d="${path.join("")}"/>`;
  };
  const told = seconds.map(({ atS, p50, p95 }) => {
    const [x, width] = [scale.x(atS * 1000), round(scale.x(1000) - scale.x(0))];
    return `<rect class="told" x="${x}" y="${TOP}" width="${width}" height="${HEIGHT}"><title>${clock(atS)}: p50 ${p50 ?? "–"} ms, p95 ${p95 ?? "–"} ms</title></rect>`;
  });
  return chart({ name: "latency, ms", values, y, scale, events, drawing: line("p95") + line("p50") + told.join("") });
}

function pointOf(second: Second, value: number | null, scale: Scale, y: (value: number) => number): string | undefined {
  return value === null ? undefined : `${scale.x(second.atS * 1000 + 500)} ${y(value)}`;
}

interface Chart {
  name: string;
  /** Where lines are drawn. */
  values: readonly number[];
  /** Where a value lies. */
  y(value: number): number;
  scale: Scale;
  events: RollReport["events"];
  drawing: string;
}

function chart({ name, values, y, scale, events, drawing }: Chart): string {
  const lines = values.map(
    (value) => `<line class="grid" x1="${PAGE.left}" x2="${PAGE.width - PAGE.right}" y1="${y(value)}" y2="${y(value)}"/>
<text class="value" x="${PAGE.left - 8}" y="${y(value) + 4}">${round(value)}</text>`,
  );
  const faults = events.filter(({ kind }) => kind === "fault");
  const shades = faults.map(({ atMs, endMs }) => {
    const x = scale.x(atMs);
    return `<rect class="shade" x="${x}" y="${TOP}" width="${round(Math.max(1.5, scale.x(endMs) - x))}" height="${HEIGHT}"/>`;
  });
  return `<svg viewBox="0 0 ${PAGE.width} ${TOP + HEIGHT + 20}" role="img" aria-label="${name}">
${drawTicks(scale, TOP, TOP + HEIGHT, true)}${lines.join("")}${shades.join("")}
<text class="axis" transform="translate(14 ${TOP + HEIGHT / 2}) rotate(-90)">${name}</text>
${drawing}
</svg>`;
}

/** The next number that reads well. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return (NICE.find((each) => each * power >= value) ?? 10) * power;
}

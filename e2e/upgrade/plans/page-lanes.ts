import { clock, drawTicks, escaped, PAGE, round, type Scale } from "./page-scale.ts";
import type { ReportedLife, RollReport } from "./report.ts";

const [LANE, BAR] = [30, 18];
const TOP = 24;
const MARK = 9;

/** Events that are told by a numbered mark; legs have a row of their own. */
export function markedEvents({ events }: RollReport): RollReport["events"] {
  return events.filter(({ kind }) => kind !== "leg").toSorted((a, b) => a.atMs - b.atMs);
}

/** What each instance ran when, who led, and what happened meanwhile. */
export function drawLanes(report: RollReport, scale: Scale): string {
  const lanes = [drawLegs(report, scale), ...report.instances.map((_, index) => drawInstance(report, index, scale))];
  const marksAt = TOP + lanes.length * LANE + 6;
  const { drawing, rows } = drawMarks(report, scale, marksAt);
  const bottom = marksAt + rows * (2 * MARK + 4) + 4;
  return `<svg viewBox="0 0 ${PAGE.width} ${bottom + 22}" role="img" aria-label="instances over time">
${drawTicks(scale, TOP - 6, bottom, true)}
${lanes.join("\n")}
${drawing}
</svg>`;
}

function drawLegs({ events, to }: RollReport, scale: Scale): string {
  const legs = events.filter(({ kind }) => kind === "leg");
  const bars = legs.map(({ text, atMs, endMs }) => {
    const [direction = ""] = text.split(":");
    const [x, width] = span(scale, atMs, endMs);
    const side = direction === `to ${to}` ? "new" : "old";
    return `<g><title>${escaped(text)}</title><rect class="leg ${side}" x="${x}" y="${TOP}" width="${width}" height="${BAR}" rx="3"/>
<text class="on-bar" x="${round(x + width / 2)}" y="${TOP + 13}">${escaped(direction)}</text></g>`;
  });
  return label("the plan", TOP) + bars.join("");
}

function drawInstance(report: RollReport, index: number, scale: Scale): string {
  const instance = report.instances[index];
  if (instance === undefined) return "";
  const y = TOP + (index + 1) * LANE;
  const leads = report.leads.filter(({ server }) => server === instance.name);
  const crowns = leads.map(({ fromMs, toMs }) => {
    const [x, width] = span(scale, fromMs, toMs);
    return `<rect class="lead" x="${x}" y="${y + BAR + 1}" width="${width}" height="3"><title>leads ${clock(fromMs / 1000)} to ${clock(toMs / 1000)}</title></rect>`;
  });
  return (
    label(instance.name, y) + instance.lives.map((life) => drawLife(life, report, y, scale)).join("") + crowns.join("")
  );
}

/** Starting, ready and draining, one behind the other. */
function drawLife(life: ReportedLife, report: RollReport, y: number, scale: Scale): string {
  const endMs = life.endedMs ?? scale.durationMs;
  const readyMs = Math.min(life.readyMs ?? endMs, endMs);
  const drainingMs = Math.max(Math.min(life.drainingMs ?? endMs, endMs), readyMs);
  const side = life.version === report.to ? "new" : "old";
  const part = (name: string, from: number, to: number) => {
    const [x, width] = span(scale, from, to);
    return `<rect class="${side} ${name}" x="${x}" y="${y}" width="${width}" height="${BAR}"/>`;
  };
  const [x, width] = span(scale, readyMs, drainingMs);
  const version =
    width > 36 ? `<text class="on-bar" x="${round(x + width / 2)}" y="${y + 13}">${life.version}</text>` : "";
  const times = [
    `${life.version} starts ${clock(life.startedMs / 1000)}`,
    life.readyMs === null ? "never ready" : `ready ${clock(life.readyMs / 1000)}`,
    life.drainingMs === null ? undefined : `drains ${clock(life.drainingMs / 1000)}`,
    life.endedMs === null ? undefined : `ends ${clock(life.endedMs / 1000)} (${life.ending})`,
  ].filter((text) => text !== undefined);
  const cross = life.ending === "SIGKILL" ? drawCross(scale.x(endMs), y + BAR / 2) : "";
  return `<g><title>${escaped(times.join("\n"))}</title>${part("starting", life.startedMs, readyMs)}${part("ready", readyMs, drainingMs)}${part("draining", drainingMs, endMs)}${version}${cross}</g>`;
}

function drawCross(x: number, y: number): string {
  const arm = 6;
  return `<path class="cross" d="M${x - arm} ${y - arm}l${2 * arm} ${2 * arm}m0 ${-2 * arm}l${-2 * arm} ${2 * arm}"/>`;
}

/** Numbered marks, in as many rows as it takes to keep them apart. */
function drawMarks(report: RollReport, scale: Scale, top: number): { drawing: string; rows: number } {
  const filledTo: number[] = [];
  const marks = markedEvents(report).map(({ kind, text, atMs, endMs }, index) => {
    const [x, width] = span(scale, atMs, endMs);
    let row = filledTo.findIndex((end) => end + 2 < x - MARK);
    if (row < 0) row = filledTo.length;
    filledTo[row] = Math.max(x + width, x + MARK);
    const y = top + row * (2 * MARK + 4) + MARK;
    return `<g class="mark ${kind}"><title>${escaped(text)}</title><rect x="${x}" y="${y - 3}" width="${width}" height="6" rx="3"/>
<circle cx="${x}" cy="${y}" r="${MARK}"/><text x="${x}" y="${y + 3.5}">${index + 1}</text></g>`;
  });
  return { drawing: label("events", top) + marks.join("\n"), rows: Math.max(1, filledTo.length) };
}

function label(text: string, y: number): string {
  return `<text class="lane" x="${PAGE.left - 10}" y="${y + 13}">${escaped(text)}</text>`;
}

/** Never narrower than what can be seen. */
function span(scale: Scale, fromMs: number, toMs: number): [x: number, width: number] {
  const x = scale.x(fromMs);
  return [x, round(Math.max(1, scale.x(toMs) - x))];
}

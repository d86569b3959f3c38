import { drawLatency, drawRequests } from "./page-charts.ts";
import { drawLanes, markedEvents } from "./page-lanes.ts";
import { clock, escaped, scaleOf } from "./page-scale.ts";
import { STYLE } from "./page-style.ts";
import type { RollReport } from "./report.ts";

/** The time line of a plan as one page that needs nothing else. */
export function reportPage(report: RollReport): string {
  const scale = scaleOf(report.durationMs);
  const passed = report.problems.length === 0;
  const title = `Rolling upgrade ${report.from} → ${report.to}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}, seed ${report.seed}</title><style>${STYLE}</style></head><body><main>
<header><h1>${title}</h1><span class="verdict ${passed ? "pass" : "fail"}">${passed ? "passed" : "failed"}</span></header>
<p class="meta">${metaOf(report)}</p>
${problems(report)}
<div class="tiles">${tiles(report)}</div>
<section><h2>Instances</h2>${drawLanes(report, scale)}${legend(report)}</section>
<section><h2>Requests</h2>${drawRequests(report, scale)}</section>
<section><h2>Latency</h2>${drawLatency(report, scale)}
<div class="legend">${swatch("var(--p50)", "median of each second")}${swatch("var(--p95)", "95th percentile")}${swatch("var(--bad)", "a fault is under way")}</div></section>
<section><h2>Events</h2><table>${eventRows(report)}</table></section>
<div class="pair"><section><h2>Migrations of ${report.to}</h2><table>${migrationRows(report)}</table></section>
<section><h2>Requests without success</h2><table>${errorRows(report)}</table></section></div>
<div class="pair"><section><h2>Plan</h2><pre>${escaped(report.plan.join("\n"))}</pre></section>
<section><h2>Log</h2><pre>${escaped(report.log.join("\n"))}</pre></section></div>
</main></body></html>
`;
}

function metaOf({ seed, kind, startedAt, durationMs, finalized }: RollReport): string {
  const end = finalized ? "finalized" : "not finalized";
  return `seed ${seed} · ${kind} · ${startedAt.replace("T", " ").slice(0, 19)} UTC · ${clock(durationMs / 1000)} min · ${end}`;
}

function problems({ problems: found }: RollReport): string {
  if (found.length === 0) return "";
  const rows = found.map((problem) => `<tr><td class="problem">${escaped(problem)}</td></tr>`);
  return `<section><h2>Broken promises</h2><table>${rows.join("")}</table></section>`;
}

function tiles({ figures }: RollReport): string {
  const tile = (name: string, value: string | number, bad = false) =>
    `<div class="tile${bad ? " bad" : ""}"><b>${value}</b><span>${name}</span></div>`;
  return [
    tile("requests", figures.requests.toLocaleString("en")),
    tile("uploads accepted", figures.uploads.toLocaleString("en")),
    tile("requests failed for good", figures.failed, figures.failed > 0),
    tile("attempts without success", figures.unsuccessful),
    tile("of these, answers of 503", figures.unavailable),
    tile("median", `${figures.p50 ?? "–"} ms`),
    tile("95th percentile", `${figures.p95 ?? "–"} ms`),
  ].join("");
}

function legend({ from, to }: RollReport): string {
  return `<div class="legend">${swatch("var(--old)", from)}${swatch("var(--new)", to)}${swatch("color-mix(in srgb, var(--new) 32%, transparent)", "starting")}${swatch("color-mix(in srgb, var(--new) 60%, transparent)", "draining")}${swatch("var(--lead)", "leads")}${swatch("var(--bad)", "kill -9 or another fault")}${swatch("var(--migration)", "migration")}${swatch("var(--soft)", "cluster version")}</div>`;
}

function swatch(colour: string, text: string): string {
  return `<span><i style="background:${colour}"></i>${escaped(text)}</span>`;
}

function eventRows(report: RollReport): string {
  const rows = markedEvents(report).map(({ kind, text, atMs, endMs }, index) => {
    const lasted = endMs > atMs ? `${((endMs - atMs) / 1000).toFixed(1)} s` : "";
    return `<tr><td class="n">${index + 1}</td><td class="n">${clock(atMs / 1000)}</td><td class="kind">${kind}</td><td>${escaped(text)}</td><td class="n">${lasted}</td></tr>`;
  });
  return rows.join("") || "<tr><td>none</td></tr>";
}

function migrationRows({ migrations }: RollReport): string {
  const rows = migrations.map(
    ({ component, id, phase, atMs }) =>
      `<tr><td class="n">${clock(atMs / 1000)}</td><td class="kind">${component}, ${phase}</td><td>${escaped(id)}</td></tr>`,
  );
  return rows.join("") || "<tr><td>none</td></tr>";
}

function errorRows({ errors }: RollReport): string {
  const rows = errors.map(
    ({ atMs, text }) => `<tr><td class="n">${clock(atMs / 1000)}</td><td>${escaped(text)}</td></tr>`,
  );
  return rows.join("") || "<tr><td>none</td></tr>";
}

import { cpus, totalmem } from "node:os";
import { git } from "../../harness/releases.ts";
import type { RollReport } from "./report.ts";

const GIB = 1024 ** 3;
/** When the plans began; somebody may commit meanwhile. */
const COMMIT = git(["rev-parse", "--short", "HEAD"]).stdout.trim();

/** The figures of several plans, as results of benches are kept: one line for each plan. */
export function summaryOf(reports: readonly RollReport[]): string {
  const [first] = reports;
  const head = {
    date: first?.startedAt,
    commit: COMMIT,
    machine: { cores: cpus().length, memoryGiB: Math.round(totalmem() / GIB), node: process.version },
    from: first?.from,
    to: first?.to,
  };
  const plans = reports.map((report) => `    ${JSON.stringify(planOf(report))}`).join(",\n");
  return `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "plans": [\n${plans}\n  ]\n}\n`;
}

function planOf({ seed, kind, problems, durationMs, figures, p95Ms, instances, events }: RollReport) {
  const { requests, uploads, failed, unavailable, unavailableMaxMs, unsuccessful, lost, doubled } = figures;
  return {
    seed,
    kind,
    passed: problems.length === 0,
    seconds: Math.round(durationMs / 1000),
    requests,
    uploads,
    repeated: unsuccessful - failed,
    unavailable,
    unavailableMaxMs,
    failed,
    lost,
    doubled,
    p95Ms,
    starts: instances.reduce((sum, { lives }) => sum + lives.length, 0),
    faults: events.filter(({ kind: of }) => of === "fault").length,
  };
}

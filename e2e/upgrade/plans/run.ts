/** `npm run e2e:upgrade -- --plans N --seed S`: rolling upgrades of a whole cluster; 0 when every promise was kept. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { haProxyMissing } from "../../harness/front-door/haproxy.ts";
import { missing } from "../../harness/front-door/listening-program.ts";
import { makePlan, PLAN_KINDS, type PlanKind } from "./plan.ts";
import { releasePair } from "./release-pair.ts";
import { reportPage } from "./report-page.ts";
import { runPlan, type Verdict } from "./run-plan.ts";
import { summaryOf } from "./summary.ts";

const EXIT_WRONG_USE = 2;

const { values } = parseArgs({
  options: {
    plans: { type: "string", default: "1" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    /** planned, kill or restart; without it seeds in a row have every kind. */
    kind: { type: "string" },
    /** A release, a commit or "work-tree". */
    from: { type: "string" },
    to: { type: "string" },
    /** Where time lines are written: one page and its data for each plan, and the figures of all. */
    report: { type: "string" },
  },
});

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  console.error(`--${name} must be a whole number, not ${text}`);
  process.exit(EXIT_WRONG_USE);
}

function kindOf(text: string | undefined): PlanKind | undefined {
  const kind = PLAN_KINDS.find((each) => each === text);
  if (text === undefined || kind !== undefined) return kind;
  console.error(`--kind takes ${PLAN_KINDS.join(", ")}; not ${text}`);
  process.exit(EXIT_WRONG_USE);
}

function writeReport(directory: string, { seed, report }: Verdict): void {
  mkdirSync(directory, { recursive: true });
  const base = join(directory, `roll-${seed}`);
  writeFileSync(`${base}.json`, `${JSON.stringify(report, null, 1)}\n`);
  writeFileSync(`${base}.html`, reportPage(report));
  console.log(`time line: ${base}.html`);
}

const plans = wholeNumber("plans", values.plans);
const firstSeed = wholeNumber("seed", values.seed);
const kind = kindOf(values.kind);
const unable = haProxyMissing ?? missing("pgbouncer", "--version");
if (unable !== undefined) {
  console.error(unable);
  process.exit(1);
}
const releases = await releasePair({ from: values.from, to: values.to });

const verdicts: Verdict[] = [];
for (let index = 0; index < plans; index++) {
  const plan = makePlan(firstSeed + index, kind);
  const verdict = await runPlan(plan, { releases, say: (line) => console.log(line) });
  verdicts.push(verdict);
  if (values.report !== undefined) {
    writeReport(resolve(values.report), verdict);
    writeFileSync(join(resolve(values.report), "summary.json"), summaryOf(verdicts.map(({ report }) => report)));
  }
  for (const problem of verdict.problems) console.log(`  PROBLEM ${problem}`);
  const kept = verdict.problems.length === 0 ? "" : `, logs kept in ${verdict.directory}`;
  console.log(`${verdict.problems.length === 0 ? "PASS" : "FAIL"} seed ${verdict.seed}, ${plan.kind}${kept}\n`);
}

const failed = verdicts.filter(({ problems }) => problems.length > 0);
console.log(`${verdicts.length - failed.length} of ${verdicts.length} plans passed`);
if (failed.length > 0)
  console.log(`repeat with: --plans 1 --seed ${failed.map(({ seed }) => seed).join(" | --seed ")}`);
process.exit(failed.length === 0 ? 0 : 1);

/** `npm run e2e:chaos -- --plans N --seed S`: seeded plans against a whole cluster; 0 when every promise was kept. */
import { parseArgs } from "node:util";
import { FAULT_KINDS, type FaultKind, makePlan } from "./plan.ts";
import { percent, runPlan, type Verdict } from "./run-plan.ts";

const THROUGHPUT_SHARE_MIN = 0.95;
const BATCH_SIZE = 240;
/** One fault per so many uploads, if not said otherwise. */
const UPLOADS_PER_FAULT = 25;
const EXIT_WRONG_USE = 2;

const { values } = parseArgs({
  options: {
    plans: { type: "string", default: "1" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    uploads: { type: "string", default: "500" },
    faults: { type: "string" },
    only: { type: "string" },
    /** Of throughput, before and after; 0 does without. */
    batches: { type: "string", default: "5" },
  },
});

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  console.error(`--${name} must be a whole number, not ${text}`);
  process.exit(EXIT_WRONG_USE);
}

function kindsOf(only: string | undefined): FaultKind[] {
  if (only === undefined) return FAULT_KINDS;
  const asked = only.split(",");
  const unknown = asked.filter((kind) => !(FAULT_KINDS as string[]).includes(kind));
  if (unknown.length === 0) return asked as FaultKind[];
  console.error(`--only takes ${FAULT_KINDS.join(", ")}; not ${unknown.join(", ")}`);
  process.exit(EXIT_WRONG_USE);
}

const plans = wholeNumber("plans", values.plans);
const firstSeed = wholeNumber("seed", values.seed);
const uploads = wholeNumber("uploads", values.uploads);
const faults = wholeNumber("faults", values.faults ?? String(Math.ceil(uploads / UPLOADS_PER_FAULT)));
const batches = wholeNumber("batches", values.batches);
const kinds = kindsOf(values.only);

const verdicts: Verdict[] = [];
for (let index = 0; index < plans; index++) {
  const plan = makePlan({ seed: firstSeed + index, uploads, faults, kinds });
  const verdict = await runPlan(plan, {
    say: (line) => console.log(line),
    batch: { size: BATCH_SIZE, batches },
    throughputShareMin: THROUGHPUT_SHARE_MIN,
  });
  verdicts.push(verdict);
  for (const problem of verdict.problems) console.log(`  PROBLEM ${problem}`);
  const kept = verdict.problems.length === 0 ? "" : `, logs kept in ${verdict.directory}`;
  console.log(
    `${wordOf(verdict)} seed ${verdict.seed}, throughput ${batches === 0 ? "not measured" : percent(verdict.throughputShare)}${kept}\n`,
  );
}

function wordOf({ problems }: Verdict): string {
  return problems.length === 0 ? "PASS" : "FAIL";
}

const failed = verdicts.filter(({ problems }) => problems.length > 0);
console.log(`${verdicts.length - failed.length} of ${verdicts.length} plans passed`);
if (failed.length > 0)
  console.log(`repeat with: --plans 1 --seed ${failed.map(({ seed }) => seed).join(" | --seed ")}`);
process.exit(failed.length === 0 ? 0 : 1);

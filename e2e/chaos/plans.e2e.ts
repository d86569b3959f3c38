import { describe, expect, test } from "vitest";
import { haProxyMissing } from "../harness/front-door/haproxy.ts";
import { missing } from "../harness/front-door/listening-program.ts";
import { FAULT_KINDS, makePlan } from "./plans/plan.ts";
import { runPlan } from "./plans/run-plan.ts";

/** A small plan of every kind that must be there; `npm run e2e:chaos` runs long ones. EVERTRACK_SEED repeats one. */
const seed = Number(process.env.EVERTRACK_SEED ?? 20_261_123);
const [UPLOADS, FAULTS] = [100, 7];
const skipped = haProxyMissing ?? missing("pgbouncer", "--version");

test("a seed makes the same plan each time, and a long one has every kind of fault", () => {
  const options = { seed, uploads: 500, faults: 20, kinds: FAULT_KINDS };
  expect(makePlan(options)).toEqual(makePlan(options));
  expect(makePlan(options)).not.toEqual(makePlan({ ...options, seed: seed + 1 }));
  expect(new Set(makePlan(options).faults.map(({ kind }) => kind))).toEqual(new Set(FAULT_KINDS));
});

describe.skipIf(skipped)(`three workers, two webs, PgBouncer, HAProxy (${skipped ?? "present"})`, () => {
  test(`a plan of faults while ${UPLOADS} uploads arrive loses nothing and doubles nothing (seed ${seed})`, {
    timeout: 900_000,
  }, async () => {
    const lines: string[] = [];
    const verdict = await runPlan(makePlan({ seed, uploads: UPLOADS, faults: FAULTS, kinds: FAULT_KINDS }), {
      say: (line) => lines.push(line),
      batch: { size: 30, batches: 1 },
      throughputShareMin: 0,
    });
    console.log(lines.join("\n"));
    expect(verdict.problems, `logs are kept in ${verdict.directory}`).toEqual([]);
  });
});

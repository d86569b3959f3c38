import { beforeAll, describe, expect, test } from "vitest";
import { haProxyMissing } from "../harness/front-door/haproxy.ts";
import { missing } from "../harness/front-door/listening-program.ts";
import type { Releases } from "./plans/actions.ts";
import { makePlan, PLAN_KINDS } from "./plans/plan.ts";
import { releasePair } from "./plans/release-pair.ts";
import { reportPage } from "./plans/report-page.ts";
import { runPlan } from "./plans/run-plan.ts";

/** One planned roll; `npm run e2e:upgrade` runs all kinds. EVERTRACK_SEED repeats one. */
const seed = Number(process.env.EVERTRACK_SEED ?? 20_261_123);
const skipped = haProxyMissing ?? missing("pgbouncer", "--version");

test("a seed makes the same plan each time; workers go first on the way up, webs on the way back", () => {
  for (const kind of PLAN_KINDS) {
    expect(makePlan(seed, kind)).toEqual(makePlan(seed, kind));
    expect(makePlan(seed, kind)).not.toEqual(makePlan(seed + 1, kind));
    const orders = makePlan(seed, kind).legs.map(({ to, order }) => [to, ...order.map((name) => name.split("-")[0])]);
    const up = ["new", "worker", "worker", "web", "web"];
    expect(orders).toEqual([up, ["old", "web", "web", "worker", "worker"], up]);
  }
});

describe.skipIf(skipped)(`two workers, two webs, PgBouncer, HAProxy (${skipped ?? "present"})`, () => {
  let releases: Releases;
  beforeAll(async () => {
    releases = await releasePair();
  });

  test(`to the next release, back, there again and finalized: no request fails, nothing is lost or doubled (seed ${seed})`, {
    timeout: 900_000,
  }, async () => {
    const lines: string[] = [];
    const { problems, report, directory } = await runPlan(makePlan(seed, "planned"), {
      releases,
      say: (line) => lines.push(line),
    });
    console.log(lines.join("\n"));
    expect(problems, `logs are kept in ${directory}`).toEqual([]);
    expect(report.instances.map(({ lives }) => lives.map(({ version }) => version))).toEqual(
      report.instances.map(() => [report.from, report.to, report.from, report.to]),
    );
    const page = reportPage(report);
    for (const { name } of report.instances) expect(page).toContain(`>${name}</text>`);
    expect(page, "a page of its own").not.toMatch(/(?:src|href)=/);
  });
});

import { pgBouncerMissing, startPgBouncer } from "@evertrack/embedded-postgres/testing";
import { describe, expect, test } from "vitest";
import { until } from "../../src/testing/index.ts";
import { ledger, parent, threeSteps } from "./definitions.ts";
import { openFaultBench } from "./fault-bench.ts";

const RUNS = 200;
const PARENTS = 60;
const DEADLINE_MS = 180_000;

const reason = pgBouncerMissing ? ` (${pgBouncerMissing})` : "";

describe.skipIf(pgBouncerMissing)(`behind PgBouncer in transaction mode${reason}`, () => {
  test("steps, children, keys, ledgers and take-overs work", { timeout: 2 * DEADLINE_MS + 20_000 }, async () => {
    const bench = await openFaultBench();
    const pooler = await startPgBouncer({ serverUrl: bench.url });
    try {
      for (const id of ["one", "two"])
        await bench.workers.start({ url: pooler.urlOf(bench.url), id, poolSize: 10, cron: true });
      await bench.startMany(threeSteps, RUNS, (n) => [{ n }]);
      await bench.startMany(parent, PARENTS, (n) => [{ key: `k${n % 10}`, n }, { concurrencyKey: `k${n % 10}` }]);
      const ledgerRun = await bench.start(ledger, null); // kills one of the two
      const finished = () => bench.count("wf_run where status = 'COMPLETED' and name in ('three-steps', 'parent')");
      await until("every run is done", async () => (await finished()) === RUNS + PARENTS, DEADLINE_MS);
      expect((await bench.finished(ledgerRun, DEADLINE_MS)).output).toBe("once");
      expect(await bench.count("trace where what = 'effect'")).toBe(1);
      expect(await bench.count("wf_run where name = 'child'")).toBe(PARENTS);
    } catch (error) {
      console.log(bench.workers.output().slice(-10_000));
      throw error;
    } finally {
      await pooler.stop();
      await bench.close();
    }
  });
});

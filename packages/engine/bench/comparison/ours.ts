import { defineWorkflow } from "../../src/authoring/index.ts";
import { openTestPool, prepareEngineDatabase, startTestEngine } from "../../src/testing/index.ts";
import { queueBacklog } from "../measuring/backlog.ts";
import type { Candidate } from "./candidate.ts";

const POOL_SIZE = 10;
/** Not batch work: that would leave a fifth of the places empty for others. */
const PRIORITY = 50;

/** This engine: a workflow of one recorded step. */
export const ours: Candidate = {
  async prepare(url, runs) {
    await prepareEngineDatabase(url);
    const pool = openTestPool(url);
    await queueBacklog(pool, { name: "one-step", runs, keys: 0, priority: PRIORITY });
    await pool.end();
  },
  async work(url, concurrency, _load, onDone) {
    const oneStep = defineWorkflow({
      name: "one-step",
      input: (raw) => raw,
      run: (ctx) =>
        ctx.step("only", () => {
          onDone();
          return 1;
        }),
    });
    await startTestEngine(url, {
      poolSize: POOL_SIZE,
      workflows: [oneStep],
      workers: { perQueue: { default: { concurrency } } },
      lease: { leaseMs: 30_000, beatMs: 10_000 },
      leaderElection: { enabled: true, leaseMs: 30_000, checkMs: 15_000 },
      polling: { intervalMs: 100, maxMs: 3000 },
    });
  },
  doneSql: "select count(*)::int as done from wf_run where status = 'COMPLETED'",
};

import type { Candidate, Load } from "./candidate.ts";

const TASK = "comparison";
const POOL_SIZE = 10;
const ADDED_AT_ONCE = 1000;

interface GraphileWorker {
  makeWorkerUtils(options: { connectionString: string }): Promise<{
    migrate(): Promise<void>;
    addJobs(jobs: { identifier: string; payload: object }[]): Promise<unknown>;
    release(): Promise<void>;
  }>;
  run(options: Record<string, unknown>): Promise<unknown>;
  Logger: new (factory: () => () => void) => unknown;
}

/** Graphile Worker: a job without steps. `tuned` fetches and ends jobs in batches, which its users have to switch on. */
function graphile(tuned: boolean): Candidate {
  return {
    async prepare(url, runs, load: Load) {
      const { makeWorkerUtils } = await load<GraphileWorker>("graphile-worker");
      const utils = await makeWorkerUtils({ connectionString: url });
      await utils.migrate();
      for (let queued = 0; queued < runs; queued += ADDED_AT_ONCE) {
        const count = Math.min(ADDED_AT_ONCE, runs - queued);
        await utils.addJobs(Array.from({ length: count }, () => ({ identifier: TASK, payload: {} })));
      }
      await utils.release();
    },
    async work(url, concurrency, load, onDone) {
      const { run, Logger } = await load<GraphileWorker>("graphile-worker");
      const batches = { localQueue: { size: concurrency }, completeJobBatchDelay: 5, failJobBatchDelay: 5 };
      await run({
        connectionString: url,
        concurrency,
        maxPoolSize: POOL_SIZE,
        noHandleSignals: true,
        pollInterval: 500,
        logger: new Logger(() => () => undefined),
        taskList: { [TASK]: async () => onDone() },
        ...(tuned ? { preset: { worker: { connectionString: url, concurrentJobs: concurrency, ...batches } } } : {}),
      });
    },
    // A finished job is deleted.
    doneSql: "select $1::int - count(*)::int as done from graphile_worker.jobs",
  };
}

export const graphileWorker = graphile(false);
export const graphileWorkerTuned = graphile(true);

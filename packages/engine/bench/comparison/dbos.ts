import type { Candidate, Load } from "./candidate.ts";

const QUEUE = "comparison";
const WORKFLOW = "one-step";
const POOL_SIZE = 10;
const ENQUEUED_AT_ONCE = 20;
/** Its default of a second would leave it idle most of the time. */
const POLLING_MS = 20;

interface Dbos {
  DBOS: {
    setConfig(config: Record<string, unknown>): void;
    launch(): Promise<void>;
    shutdown(): Promise<void>;
    registerWorkflow(fn: () => Promise<number>, config: { name: string }): () => Promise<number>;
    registerQueue(name: string, options: Record<string, unknown>): Promise<unknown>;
    runStep(fn: () => Promise<number>, config: { name: string }): Promise<number>;
  };
  DBOSClient: {
    create(options: { systemDatabaseUrl: string; applicationName: string }): Promise<{
      enqueue(options: { workflowName: string; queueName: string }): Promise<unknown>;
      destroy(): Promise<void>;
    }>;
  };
}

async function configured(url: string, load: Load): Promise<Dbos> {
  const dbos = await load<Dbos>("@dbos-inc/dbos-sdk");
  dbos.DBOS.setConfig({
    name: "comparison",
    systemDatabaseUrl: url,
    systemDatabasePoolSize: POOL_SIZE,
    logLevel: "error",
    applicationVersion: "1",
    runAdminServer: false,
    executorID: `process-${process.pid}`,
  });
  return dbos;
}

/** DBOS Transact: a queued workflow of one step. */
export const dbos: Candidate = {
  async prepare(url, runs, load) {
    const { DBOS, DBOSClient } = await configured(url, load);
    await DBOS.launch();
    await DBOS.shutdown();
    const client = await DBOSClient.create({ systemDatabaseUrl: url, applicationName: "comparison" });
    for (let queued = 0; queued < runs; queued += ENQUEUED_AT_ONCE) {
      const portion = Array.from({ length: Math.min(ENQUEUED_AT_ONCE, runs - queued) }, () =>
        client.enqueue({ workflowName: WORKFLOW, queueName: QUEUE }),
      );
      await Promise.all(portion);
    }
    await client.destroy();
  },
  async work(url, concurrency, load, onDone) {
    const { DBOS } = await configured(url, load);
    const step = async () => {
      onDone();
      return 1;
    };
    DBOS.registerWorkflow(() => DBOS.runStep(step, { name: "only" }), { name: WORKFLOW });
    await DBOS.launch();
    await DBOS.registerQueue(QUEUE, { workerConcurrency: concurrency, minPollingIntervalMs: POLLING_MS });
  },
  doneSql: "select count(*)::int as done from dbos.workflow_status where status = 'SUCCESS'",
};

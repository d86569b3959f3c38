import type { Candidate, Load } from "./candidate.ts";

const QUEUE = "comparison";
const POOL_SIZE = 10;
const INSERTED_AT_ONCE = 1000;
/** The shortest it allows. */
const POLLING_S = 0.5;

interface Boss {
  on(event: "error", listener: (error: unknown) => void): void;
  start(): Promise<unknown>;
  stop(options?: { graceful: boolean }): Promise<void>;
  createQueue(name: string): Promise<void>;
  insert(name: string, jobs: { data: object }[]): Promise<unknown>;
  work(name: string, options: Record<string, unknown>, handler: (jobs: unknown[]) => Promise<void>): Promise<string>;
}

async function started(url: string, load: Load): Promise<Boss> {
  const { PgBoss } = await load<{ PgBoss: new (options: { connectionString: string; max: number }) => Boss }>(
    "pg-boss",
  );
  const boss = new PgBoss({ connectionString: url, max: POOL_SIZE });
  boss.on("error", (error) => console.error(error));
  await boss.start();
  return boss;
}

/** pg-boss: a job without steps, fetched in batches; `tuned` fetches the next one at once while batches are full. */
function boss(tuned: boolean): Candidate {
  return {
    async prepare(url, runs, load) {
      const queue = await started(url, load);
      await queue.createQueue(QUEUE);
      for (let queued = 0; queued < runs; queued += INSERTED_AT_ONCE) {
        const jobs = Array.from({ length: Math.min(INSERTED_AT_ONCE, runs - queued) }, () => ({ data: {} }));
        await queue.insert(QUEUE, jobs);
      }
      await queue.stop({ graceful: false });
    },
    async work(url, concurrency, load, onDone) {
      const queue = await started(url, load);
      const options = { batchSize: concurrency, burstWhenBatchFull: tuned, pollingIntervalSeconds: POLLING_S };
      await queue.work(QUEUE, options, async (jobs) => {
        for (const _job of jobs) onDone();
      });
    },
    doneSql: "select count(*)::int as done from pgboss.job where name = 'comparison' and state = 'completed'",
  };
}

export const pgBoss = boss(false);
export const pgBossTuned = boss(true);

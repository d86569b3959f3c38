/** A database, a client without workers, and worker processes to torment. */
import type pg from "pg";
import type { WorkflowRef } from "../../src/authoring/workflow.ts";
import type { StartRunOptions } from "../../src/client/client.ts";
import type { Engine } from "../../src/engine.ts";
import type { SqlExecutor } from "../../src/store/database.ts";
import {
  engineTestDatabase,
  prepareEngineDatabase,
  startTestEngine,
  type TestEngine,
} from "../../src/testing/index.ts";
import { createTrace } from "./trace.ts";
import { WorkerProcesses } from "./worker-process.ts";

/** Everything a fault test needs; close it in the end. */
export interface FaultBench extends TestEngine {
  readonly url: string;
  readonly workers: WorkerProcesses;
  /** Starts many runs in one transaction. */
  startMany<I>(
    workflow: WorkflowRef<I, unknown>,
    count: number,
    plan: (n: number) => [NoInfer<I>, StartRunOptions?],
  ): Promise<void>;
  count(sql: string, values?: readonly unknown[]): Promise<number>;
  close(): Promise<void>;
}

/** Opens a bench on a database of its own, or on the given (empty) one. */
export async function openFaultBench(url?: string): Promise<FaultBench> {
  const database = url === undefined ? await engineTestDatabase() : { url, drop: async () => undefined };
  if (url !== undefined) await prepareEngineDatabase(url);
  const t = await startTestEngine(database.url, { workers: { enabled: false }, leaderElection: { enabled: false } });
  const workers = new WorkerProcesses();
  await createTrace(t.database.executor);
  return {
    ...t,
    url: database.url,
    workers,
    startMany: (workflow, count, plan) =>
      t.database.transaction(async (tx) => {
        for (let n = 0; n < count; n++) await startOne(t.engine, tx, workflow, plan(n));
      }),
    count: (sql, values) => countRows(t.pool, sql, values),
    async close() {
      await workers.killAll();
      await t.stop();
      await database.drop();
    },
  };
}

async function startOne<I>(
  engine: Engine<SqlExecutor>,
  tx: SqlExecutor,
  workflow: WorkflowRef<I, unknown>,
  [input, options]: [NoInfer<I>, StartRunOptions?],
): Promise<void> {
  await engine.client.startRun(tx, workflow, input, options);
}

async function countRows(pool: pg.Pool, sql: string, values: readonly unknown[] = []): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(`select count(*)::int as n from ${sql}`, [...values]);
  return rows[0]?.n ?? 0;
}

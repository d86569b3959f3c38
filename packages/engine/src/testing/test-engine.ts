import { randomUUID } from "node:crypto";
import type pg from "pg";
import type { WorkflowRef } from "../authoring/workflow.ts";
import type { RunDetails, StartRunOptions } from "../client/client.ts";
import { createEngine, type Engine } from "../engine.ts";
import type { EngineOptions } from "../engine-options.ts";
import { type EngineDatabase, pgEngineDatabase, type SqlExecutor } from "../store/database.ts";
import { isTerminal, type RunStatus } from "../store/run-row.ts";
import { openTestPool } from "./test-database.ts";
import { quietLog, until } from "./until.ts";

/** Overrides of a test engine; polls are short by default. */
export type TestEngineOptions = Partial<EngineOptions<SqlExecutor>> & { readonly poolSize?: number };

/** An engine on its own pool, with shortcuts. */
export interface TestEngine {
  readonly engine: Engine<SqlExecutor>;
  readonly pool: pg.Pool;
  readonly database: EngineDatabase<SqlExecutor>;
  readonly log: ReturnType<typeof quietLog>;
  /** Starts a run in a transaction of its own; throws when an instance id is taken. */
  start<I>(workflow: WorkflowRef<I, unknown>, input: NoInfer<I>, options?: StartRunOptions): Promise<string>;
  /** Waits for a terminal state. */
  finished(runId: string, deadlineMs?: number): Promise<RunDetails>;
  /** Waits for a given state. */
  reached(runId: string, status: RunStatus, deadlineMs?: number): Promise<RunDetails>;
  stop(options?: { graceMs?: number }): Promise<void>;
}

/** Starts an engine for a test. Queues: workflow and activity `default`, unless given. */
export async function startTestEngine(url: string, options: TestEngineOptions = {}): Promise<TestEngine> {
  const pool = openTestPool(url, options.poolSize);
  const database = pgEngineDatabase(pool);
  const log = quietLog();
  const engine = createEngine<SqlExecutor>({
    database,
    instance: { id: `test-${randomUUID()}`, version: "1.0.0" },
    log,
    workflows: [],
    activities: [],
    queues: [
      { kind: "workflow", name: "default" },
      { kind: "activity", name: "default" },
    ],
    leaderElection: { enabled: true, leaseMs: 1500, checkMs: 200 },
    // So long that a busy machine does not lose what it works on.
    lease: { leaseMs: 10_000, beatMs: 300 },
    polling: { intervalMs: 20, maxMs: 100 },
    ...options,
  });
  await engine.start();
  const reached = (runId: string, what: string, is: (run: RunDetails) => boolean, deadlineMs?: number) =>
    until(
      `run ${runId} is ${what}`,
      async () => {
        const run = await engine.client.getRun(runId);
        return run && is(run) ? run : null;
      },
      deadlineMs,
    );
  return {
    engine,
    pool,
    database,
    log,
    async start(workflow, input, startOptions) {
      const id = await database.transaction((tx) => engine.client.startRun(tx, workflow, input, startOptions));
      if (id === null) throw new Error(`${workflow.name} was not started: its instance id is taken`);
      return id;
    },
    finished: (runId, deadlineMs) => reached(runId, "finished", (run) => isTerminal(run.status), deadlineMs),
    reached: (runId, status, deadlineMs) => reached(runId, status, (run) => run.status === status, deadlineMs),
    async stop(stopOptions) {
      await engine.stop(stopOptions);
      await pool.end();
    },
  };
}

import { connect, disconnect } from "./connection.ts";
import { estimatePlan, type FileEstimate } from "./estimate/estimate-plan.ts";
import { readMigrationFiles } from "./files.ts";
import { type LockState, showLockWith } from "./lock-inspection.ts";
import type { Refusal } from "./phases.ts";
import { compare, judge, type MigrationPlan } from "./plan.ts";

/** Where a component's schema stands. */
export type MigrationStatus = MigrationPlan & { component: string; lock: LockState };

/** What is applied, what is pending (both phases), what is torn or unknown, and who is migrating. Changes nothing. */
export async function status(options: {
  connectionString: string;
  directory: string;
  component: string;
}): Promise<MigrationStatus> {
  const files = await readMigrationFiles(options.directory);
  const client = await connect(options.connectionString, "observer");
  try {
    const plan = await judge(await compare(client, files, { ...options, phase: "all" }), files);
    return { component: options.component, ...plan, lock: await showLockWith(client) };
  } finally {
    await disconnect(client);
  }
}

/** What the next run would do, what would be left for a contract run, and the locks of both. */
export type ExplainedPlan = MigrationPlan & {
  component: string;
  /** Of all pending files, in order. */
  estimates: FileEstimate[];
  /** Ids the next start or one-shot process applies; the other pending ones wait for a contract run. */
  next: string[];
  /** Why such a run would be refused. */
  refusal?: Refusal;
};

/** A plan with the locks its statements take on the tables as they are now. Changes nothing. */
export async function explain(options: {
  connectionString: string;
  directory: string;
  component: string;
  version: string;
}): Promise<ExplainedPlan> {
  const { component, version } = options;
  const files = await readMigrationFiles(options.directory);
  const client = await connect(options.connectionString, "observer");
  try {
    const plan = await judge(await compare(client, files, { component, version, phase: "all" }), files);
    const { pending, refusal } = await compare(client, files, { component, version, phase: "expand" });
    const next = pending.map(({ id }) => id);
    return { component, ...plan, estimates: await estimatePlan(plan, client), next, ...(refusal ? { refusal } : {}) };
  } finally {
    await disconnect(client);
  }
}

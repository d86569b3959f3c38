import { connect, disconnect } from "./connection.ts";
import { readMigrationFiles } from "./files.ts";
import { type LockState, showLockWith } from "./lock-inspection.ts";
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
    const plan = await judge(await compare(client, options.component, files, "all"), files);
    return { component: options.component, ...plan, lock: await showLockWith(client) };
  } finally {
    await disconnect(client);
  }
}

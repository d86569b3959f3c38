import type { Db } from "../../platform/db/index.ts";
import { JoinRefusedError } from "./join-refused.ts";
import { type JoiningBuild, whyNotJoin, whyNotUse } from "./rules/skew.ts";
import { isHeardOf } from "./rules/view.ts";
import { readClusterState } from "./store/cluster-state.ts";
import { listInstances } from "./store/instances.ts";
import { hasClusterTables, hasSchemaHistory, isMigratedOnlyBy, listContracts } from "./store/schema-history.ts";

/** A build that is about to migrate a database. */
export interface StartingBuild extends JoiningBuild {
  /** Its contract migrations, as `component/id`. */
  contracts: readonly string[];
}

/**
 * Asks before anything is touched – a version that may not join must not migrate either; joining asks again, under the lock.
 * Throws JoinRefusedError. `fresh`: no other version ever used the database, and no instance: nobody needs anything old of it.
 */
export async function checkBeforeStart(db: Db, build: StartingBuild): Promise<{ fresh: boolean }> {
  if (!(await hasSchemaHistory(db))) return { fresh: true };
  const unknownContracts = (await listContracts(db)).filter((name) => !build.contracts.includes(name));
  const reason = whyNotUse(build.version, unknownContracts) ?? (await whyNotJoinNow(db, build));
  if (reason !== undefined) throw new JoinRefusedError(reason);
  return { fresh: await isUnusedInstallation(db, build.version) };
}

/** An installation by this version that did not come to its first instance, as one that was killed. */
async function isUnusedInstallation(db: Db, version: string): Promise<boolean> {
  if (!(await isMigratedOnlyBy(db, version))) return false;
  return !(await hasClusterTables(db)) || (await readClusterState(db)).finalizedVersion === null;
}

async function whyNotJoinNow(db: Db, build: JoiningBuild): Promise<string | undefined> {
  if (!(await hasClusterTables(db))) return undefined;
  const living = (await listInstances(db)).filter(isHeardOf);
  return whyNotJoin(build, { state: await readClusterState(db), living });
}

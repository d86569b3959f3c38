import { showLock } from "@evertrack/migrator";
import type { Database } from "../../../platform/db/index.ts";
import type { ReleaseManifest } from "../manifest/manifest.ts";
import { historyDiffers } from "../rules/check-schema.ts";
import type { LockFacts, MigrationLockFacts, UpgradeFacts } from "../rules/facts.ts";
import { situationOf } from "../rules/situation.ts";
import { type MigrationSource, readLocks } from "../store/estimated-locks.ts";
import { readFacts } from "./read-facts.ts";

/** A database to be looked at, and the build that looks. */
export interface UpgradeLook {
  database: Database;
  /** Of the same database, for the migrator. */
  connectionString: string;
  /** Of this build, both components. */
  migrations: readonly MigrationSource[];
  manifest: ReleaseManifest;
}

/** Everything an upgrade is judged by. Changes nothing and needs no server. */
export async function lookAtUpgrade(look: UpgradeLook): Promise<UpgradeFacts> {
  const seen = await readFacts(look.database);
  const facts: UpgradeFacts = { ...seen, migrationLock: await whoMigrates(look.connectionString), locks: [] };
  return { ...facts, locks: await locksOf(facts, look) };
}

async function whoMigrates(connectionString: string): Promise<MigrationLockFacts | undefined> {
  const { held, owner } = await showLock(connectionString);
  if (!held) return undefined;
  if (owner === undefined) return { host: null, pid: null, version: null, ageMs: null };
  const { host, pid, version, since } = owner;
  return { host, pid, version, ageMs: Math.max(0, Date.now() - since.getTime()) };
}

/** Asked only when there is somebody to be kept waiting, and a history that this build continues. */
async function locksOf(facts: UpgradeFacts, { manifest, migrations }: UpgradeLook): Promise<LockFacts[]> {
  const { stage, living, pending } = situationOf(facts, manifest);
  if (stage !== "forward" || living.length === 0 || historyDiffers(facts, manifest).length > 0) return [];
  const concerned = migrations.filter((source) =>
    pending.some(({ component, phase }) => component === source.component && phase === "expand"),
  );
  return (await Promise.all(concerned.map((source) => readLocks(source, manifest.version)))).flat();
}

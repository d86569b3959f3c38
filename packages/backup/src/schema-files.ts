import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type MigrationFile, migrate, readMigrationFiles, refusalToContinue } from "@evertrack/migrator";
import { BackupError } from "./backup-error.ts";
import type { AppliedRecord, BackupManifest } from "./manifest.ts";

/** Migrations of one component of this build. */
export interface SchemaComponent {
  readonly component: string;
  readonly directory: string;
}

/** Throws BackupError `refused` when this build does not know a migration of the backup, or knows another one by that name. */
export async function requireKnownHistory(
  { history }: Pick<BackupManifest, "history">,
  components: readonly SchemaComponent[],
): Promise<void> {
  const checksums = new Map<string, string>();
  for (const { component, directory } of components)
    for (const { id, checksum } of await readMigrationFiles(directory)) checksums.set(`${component} ${id}`, checksum);
  const name = ({ component, id }: AppliedRecord) => `${component} ${id}`;
  const unknown = history.filter((entry) => !checksums.has(name(entry))).map(name);
  if (unknown.length > 0)
    throw new BackupError(
      "refused",
      `this build is too old for the schema: it does not know ${unknown.join(", ")}: use a newer one`,
    );
  const changed = history.filter((entry) => checksums.get(name(entry)) !== entry.checksum).map(name);
  if (changed.length > 0)
    throw new BackupError(
      "refused",
      `this build has other migrations by the names of the backup's: ${changed.join(", ")}`,
    );
}

/** The build that would go on from a backup. */
interface WayForward {
  readonly components: readonly SchemaComponent[];
  readonly version: string;
  refusalOf?(takenWith: string): string | undefined;
}

/** Throws BackupError `refused` when a build of this version is too far ahead to bring the schema of the backup up to date. */
export async function requireWayForward(
  { history, version: taken }: Pick<BackupManifest, "history" | "version">,
  { components, version, refusalOf }: WayForward,
): Promise<void> {
  const cure = `restore with the release it was taken of, or the one after; it was taken by ${taken}`;
  const refuse = (message: string) =>
    new BackupError("refused", `${version} is too far ahead of this backup: ${message}; ${cure}`);
  for (const { component, directory } of components) {
    const applied = new Set(history.filter((entry) => entry.component === component).map(({ id }) => id));
    const refusal = refusalToContinue(await readMigrationFiles(directory), applied, version);
    if (refusal !== undefined) throw refuse(refusal.message);
  }
  const gap = refusalOf?.(taken);
  if (gap !== undefined) throw refuse(gap);
}

/** Runs exactly the migrations of a backup on an empty database. */
export async function migrateToHistory(
  connectionString: string,
  { history, version }: Pick<BackupManifest, "history" | "version">,
  components: readonly SchemaComponent[],
): Promise<void> {
  for (const { component, directory } of components) {
    const ids = new Set(history.filter((entry) => entry.component === component).map(({ id }) => id));
    const files = (await readMigrationFiles(directory)).filter(({ id }) => ids.has(id));
    const subset = await mkdtemp(join(tmpdir(), "evertrack-schema-"));
    try {
      await Promise.all(files.map((file: MigrationFile) => copyFile(file.path, join(subset, basename(file.path)))));
      for (const phase of ["expand", "contract"] as const)
        await migrate({ connectionString, directory: subset, component, version, phase });
    } finally {
      await rm(subset, { recursive: true, force: true });
    }
  }
}

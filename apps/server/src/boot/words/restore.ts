/**
 * `restore <backup> [--force] [--json]`: puts a backup into the database of the init tasks' data source, while no instance works on it.
 * Afterwards the schema is that of this build, nobody owns the runs that were under way, and the instances of the backup's time
 * are forgotten: what starts next goes on with everything. Exit status as of `backup`.
 */
import { parseArgs } from "node:util";
import { BackupError, type RestoredBackup, restoreBackup, rowsOf } from "@evertrack/backup";
import { releaseOwners } from "@evertrack/engine";
import { migrate } from "@evertrack/migrator";
import { forgetInstances, livingInstances } from "../../features/cluster/index.ts";
import { isOlder, loadManifest } from "../../features/upgrades/index.ts";
import { VERSION } from "../version.ts";
import { EXIT, guarded, UsageError } from "./backup/outcome.ts";
import { type BackupSite, backupSite, withDatabase } from "./backup/site.ts";
import type { Word, WordContext } from "./word.ts";

export const restoreWord: Word = (context) =>
  guarded(context, async (signal) => {
    const request = readRequest(context.args);
    const site = backupSite(context, signal);
    await requireNobodyThere(site, context);
    const restored = await restoreBackup({
      ...site.context,
      backup: request.backup,
      version: VERSION,
      refusalOf: gapBehind,
      force: request.force,
      attachmentsRoot: site.attachments.root,
    });
    const runs = await makeReady(site, context);
    context.write(request.json ? `${JSON.stringify(publicRestored(restored, runs))}\n` : textOf(restored, runs));
    return EXIT.ok;
  });

/** The same as an instance is told that wants to join: what lies in between has to be finalized first. */
function gapBehind(takenWith: string): string | undefined {
  const { minBesideVersion } = loadManifest();
  return isOlder(takenWith, minBesideVersion) ? `the upgrade to ${minBesideVersion} was not finalized` : undefined;
}

interface Request {
  readonly backup: string;
  readonly force: boolean;
  readonly json: boolean;
}

function readRequest(args: readonly string[]): Request {
  const FLAG = { type: "boolean", default: false } as const;
  try {
    const options = { force: FLAG, json: FLAG };
    const { values, positionals } = parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
    const [backup] = positionals;
    if (backup === undefined || positionals.length > 1) throw new UsageError("use restore <backup> [--force]");
    return { backup, ...values };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function requireNobodyThere(site: BackupSite, { log }: WordContext): Promise<void> {
  const living = await withDatabase(site, log, (database) => livingInstances(database.db));
  if (living.length === 0) return;
  const message = `instances work on this database: ${living.join(", ")}; stop them first. One that was killed counts until its heartbeat lapses`;
  throw new BackupError("refused", message);
}

/** Gives this build's schema to the restored database, and its work to nobody. Returns how many runs were under way. */
async function makeReady(site: BackupSite, { log }: WordContext): Promise<number> {
  for (const { component, directory } of site.context.components)
    await migrate({ connectionString: site.settings.url, directory, component, version: VERSION });
  return withDatabase(site, log, async (database) => {
    await database.transaction((tx) => forgetInstances(tx));
    return releaseOwners(database.executor);
  });
}

function publicRestored({ directory, manifest, attachmentsPlaced }: RestoredBackup, runsReleased: number) {
  const { id, takenAt, version } = manifest;
  return { id, backup: directory, takenAt, version, rows: rowsOf(manifest), attachmentsPlaced, runsReleased };
}

function textOf({ directory, manifest, attachmentsPlaced }: RestoredBackup, runs: number): string {
  const rows = rowsOf(manifest).toLocaleString("en-US");
  const lines = [
    `Restored  ${directory}, taken ${manifest.takenAt}`,
    `Holds     ${manifest.tables.length} tables, ${rows} rows, compared with the backup and found equal`,
    `Goes on   with ${runs} runs that were under way and ${attachmentsPlaced} uploads that wait to be imported`,
    "Next      start one instance, wait until it is ready, start the others",
  ];
  return `${lines.join("\n")}\n`;
}

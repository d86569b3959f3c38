/**
 * `backup`: backups of the database of the init tasks' data source, which is a direct connection.
 *
 *   backup take [--kind dump|export] [--output DIR] [--no-verify]   takes one, verifies it, keeps a record
 *               [--keep N]                                        then removes good ones of the directory beyond N
 *   backup list [--output DIR]                                      the backups of a directory
 *   backup verify <backup>                                          restores it into a scratch database and compares
 *   backup confirm --location TEXT [--taken-at TIME]                an operator vouches for a backup of his own
 *
 * `--json` prints the result as one JSON object. Exit status: 0 done, 1 failed or the verification did not pass, 2 wrong use,
 * 3 refused, 5 not now, with what to do first.
 */
import { dirname } from "node:path";
import {
  bytesOf,
  listBackups,
  removeOlder,
  type TakenBackup,
  takeBackup,
  type Verdict,
  verifyBackup,
} from "@evertrack/backup";
import { VERSION } from "../version.ts";
import { type BackupRequest, readBackupRequest } from "./backup/arguments.ts";
import { EXIT, guarded } from "./backup/outcome.ts";
import { BackupRecords } from "./backup/records.ts";
import { type BackupSite, backupSite, whoami } from "./backup/site.ts";
import { listLines, publicBackup, publicVerdict, takenLines, verdictLines } from "./backup/text.ts";
import type { Word, WordContext } from "./word.ts";

export const backupWord: Word = (context) =>
  guarded(context, async (signal) => {
    const request = readBackupRequest(context.args);
    const site = backupSite(context, signal);
    const print = (result: object, lines: readonly string[]) =>
      context.write(request.json ? `${JSON.stringify(result)}\n` : `${lines.join("\n")}\n`);
    switch (request.what) {
      case "take":
        return take(request, site, context, print);
      case "list":
        return list(request.output ?? site.directory, print);
      case "verify":
        return verify(request.backup, site, context, print);
      case "confirm":
        return confirm(request, site, context, print);
    }
  });

type Print = (result: object, lines: readonly string[]) => void;
type Request<W extends BackupRequest["what"]> = Extract<BackupRequest, { what: W }>;

async function take(request: Request<"take">, site: BackupSite, { log }: WordContext, print: Print): Promise<number> {
  const records = new BackupRecords(site, log);
  const taken = await takeBackup({
    ...site.context,
    kind: request.kind,
    directory: request.output ?? site.directory,
    version: VERSION,
    takenBy: whoami(),
    attachments: site.attachments,
  });
  await records.taken(taken);
  for (const path of taken.manifest.attachmentsLost)
    log.warn({ path }, "a file that an import waits for does not exist");
  const verdict = request.verify ? await verifyBackup(taken.directory, site.context) : undefined;
  if (verdict !== undefined) await records.verified(verdict);
  const removed = verdict?.passed === true ? await removeBeyond(request.keep, taken, records) : [];
  const verification = verdict === undefined ? null : publicVerdict(verdict);
  print({ ...publicBackup(taken), verification, removed }, [
    ...takenLines(taken),
    ...(verdict === undefined ? ["Verified  no"] : verdictLines(verdict)),
    ...removed.map((path) => `Removed   ${path}`),
  ]);
  return exitOf(verdict);
}

/** Of the directory of the one that was just found good. Those of other databases are not known here, so they stay. */
async function removeBeyond(keep: number | undefined, taken: TakenBackup, records: BackupRecords): Promise<string[]> {
  if (keep === undefined) return [];
  const backups = await listBackups(dirname(taken.directory));
  return removeOlder({ backups, verified: await records.good(), newest: taken.manifest.id, keep });
}

async function list(directory: string, print: Print): Promise<number> {
  const backups = await listBackups(directory);
  const known = backups.map((backup): TakenBackup => ({ ...backup, bytes: bytesOf(backup.manifest) }));
  print({ directory, backups: known.map(publicBackup) }, listLines(directory, known));
  return EXIT.ok;
}

async function verify(path: string, site: BackupSite, { log }: WordContext, print: Print): Promise<number> {
  const verdict = await verifyBackup(path, site.context);
  await new BackupRecords(site, log).verified(verdict);
  const backup = { ...verdict.backup, bytes: bytesOf(verdict.backup.manifest) };
  print({ ...publicBackup(backup), verification: publicVerdict(verdict) }, [
    ...takenLines(backup),
    ...verdictLines(verdict),
  ]);
  return exitOf(verdict);
}

async function confirm(
  { location, takenAt }: Request<"confirm">,
  site: BackupSite,
  { log }: WordContext,
  print: Print,
): Promise<number> {
  const record = await new BackupRecords(site, log).confirmed(location, takenAt ?? new Date());
  print(record, [`Confirmed  ${record.location}, taken ${record.takenAt} – by ${record.takenBy}; nothing was checked`]);
  return EXIT.ok;
}

function exitOf(verdict: Verdict | undefined): number {
  return verdict?.passed === false ? EXIT.failed : EXIT.ok;
}

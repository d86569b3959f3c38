import { type Command, Option } from "commander";
import { integer, local } from "./options.ts";

const KEEP_MAX = 1_000;

/** `backup` and `restore`: of DT_DATASOURCE_URL, else of the embedded database of the data directory. */
export function addBackup(program: Command): void {
  const backup = local(program, "backup", "back up the database while everything runs, and verify the backup")
    .option("--output <directory>", "where the backup goes (default: dt.backup.directory)")
    .addOption(
      new Option(
        "--kind <kind>",
        "dump: by pg_dump; export: needs no program (default for the embedded database)",
      ).choices(["dump", "export"]),
    )
    .option("--verify", "restore it into a scratch database and compare", true)
    .option("--no-verify", "do not verify it")
    .option(
      "--keep <count>",
      "after a verified one, keep so many verified backups in its directory and remove older ones (default: all)",
      integer(1, KEEP_MAX),
    )
    .action(async (options) => (await import("../commands/backup.ts")).backup(options));
  local(backup, "list", "list the backups of a directory")
    .option("--output <directory>", "the directory (default: dt.backup.directory)")
    .action(async (options) => (await import("../commands/backup.ts")).backupList(options));
  local(backup, "verify", "restore a backup into a scratch database of the same server and compare")
    .argument("<backup>", "directory of the backup")
    .action(async (path: string, options) => (await import("../commands/backup.ts")).backupVerify(path, options));
  local(backup, "confirm", "vouch for a backup made and verified by other means, for `upgrade check`")
    .requiredOption("--location <text>", "where it is")
    .option("--taken-at <time>", "when it was taken, for example 2026-11-22T08:00:00Z (default: now)")
    .action(async (options) => (await import("../commands/backup.ts")).backupConfirm(options));
  local(program, "restore", "put a backup into a database nobody works on")
    .argument("<backup>", "directory of the backup")
    .option("--into <url>", "the database, instead of DT_DATASOURCE_URL or the embedded one")
    .option("--force", "drop what the database holds")
    .action(async (path: string, options) => (await import("../commands/backup.ts")).restore(path, options));
}

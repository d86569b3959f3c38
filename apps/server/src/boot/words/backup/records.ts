import { randomUUID } from "node:crypto";
import { BackupError, type TakenBackup, type Verdict } from "@evertrack/backup";
import {
  insertBackupRecord,
  keepsBackupRecords,
  listVerifiedBackups,
  noteBackupVerdict,
} from "../../../features/upgrades/index.ts";
import type { Log } from "../../../platform/log/log.ts";
import { VERSION } from "../../version.ts";
import { type BackupSite, whoami, withDatabase } from "./site.ts";

/** What the database remembers of its backups; a schema from before there was such a table remembers nothing. */
export class BackupRecords {
  readonly #site: BackupSite;
  readonly #log: Log;

  constructor(site: BackupSite, log: Log) {
    this.#site = site;
    this.#log = log;
  }

  async taken({ manifest, directory, bytes }: TakenBackup): Promise<void> {
    const { id, kind, takenBy, version } = manifest;
    const record = { id, kind, takenAt: new Date(manifest.takenAt), location: directory, version, bytes, takenBy };
    await withDatabase(this.#site, this.#log, async (database) => {
      if (await keepsBackupRecords(database.db)) return database.transaction((tx) => insertBackupRecord(tx, record));
      this.#log.warn("the schema is too old to remember this backup; after the next migration one will be remembered");
    });
  }

  /** Remembered only where the backup was taken: another database's backup proves nothing about this one. */
  async verified({ backup, passed, problems }: Verdict): Promise<void> {
    const verdict = { verdict: passed ? ("passed" as const) : ("failed" as const), problems };
    await withDatabase(this.#site, this.#log, async (database) => {
      if (!(await keepsBackupRecords(database.db))) return;
      const known = await database.transaction((tx) => noteBackupVerdict(tx, backup.manifest.id, verdict));
      if (!known) this.#log.info("the backup is not of this database, so the verdict is not remembered");
    });
  }

  /** Ids of the backups of this database that are known to be good. */
  async good(): Promise<ReadonlySet<string>> {
    return withDatabase(this.#site, this.#log, async (database) => {
      const keeps = await keepsBackupRecords(database.db);
      return new Set(keeps ? await listVerifiedBackups(database.db) : []);
    });
  }

  async confirmed(location: string, takenAt: Date) {
    const takenBy = whoami();
    const id = randomUUID();
    await withDatabase(this.#site, this.#log, async (database) => {
      if (!(await keepsBackupRecords(database.db)))
        throw new BackupError("not-yet", "the schema is too old to remember this; migrate first");
      await database.transaction(async (tx) => {
        await insertBackupRecord(tx, {
          id,
          kind: "confirmed",
          takenAt,
          location,
          version: VERSION,
          bytes: undefined,
          takenBy,
        });
        await noteBackupVerdict(tx, id, { verdict: "confirmed", problems: [] });
      });
    });
    return { id, location, takenAt: takenAt.toISOString(), takenBy };
  }
}

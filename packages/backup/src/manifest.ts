import { z } from "zod";

/** `dump`: written by pg_dump. `export`: one COPY per table, for servers without pg_dump. */
export type BackupKind = "dump" | "export";

const count = z.int().nonnegative();

const tableSchema = z.strictObject({
  name: z.string(),
  /** Sorted; generated columns are left out, because nobody may write them. */
  columns: z.array(z.string()).min(1),
  rows: count,
  /** Sum of the hashes of all rows: the same whatever the order. */
  digest: z.string(),
});

const appliedSchema = z.strictObject({
  component: z.string(),
  id: z.string(),
  checksum: z.string(),
  phase: z.enum(["expand", "contract"]),
});

const sequenceSchema = z.strictObject({ name: z.string(), value: z.string(), isCalled: z.boolean() });

const fileSchema = z.strictObject({ path: z.string(), bytes: count, sha256: z.string().regex(/^[0-9a-f]{64}$/) });

/** What `manifest.json` says of a backup: everything a check needs, without the database it was taken of. */
export const backupManifestSchema = z.strictObject({
  format: z.literal(1),
  id: z.uuid(),
  kind: z.enum(["dump", "export"]),
  /** When the snapshot was taken, by the clock of the database. */
  takenAt: z.iso.datetime(),
  takenBy: z.string(),
  /** Of the build that took it. */
  version: z.string(),
  server: z.strictObject({ version: z.string(), major: count, encoding: z.string(), databaseBytes: count }),
  /** Migrations that had run, by component and id. */
  history: z.array(appliedSchema),
  tables: z.array(tableSchema),
  sequences: z.array(sequenceSchema),
  /** Files beside the database that its rows speak of, below `files/`. */
  attachments: z.array(z.strictObject({ path: z.string(), sha256: z.string() })),
  /** Of those the rows speak of, what was not there any more. */
  attachmentsLost: z.array(z.string()),
  /** Every other file of the backup. */
  files: z.array(fileSchema),
});

/** See {@link backupManifestSchema}. */
export type BackupManifest = z.infer<typeof backupManifestSchema>;

/** One table of a backup. */
export type TableRecord = z.infer<typeof tableSchema>;

/** A migration that had run. */
export type AppliedRecord = z.infer<typeof appliedSchema>;

/** A sequence's state. */
export type SequenceRecord = z.infer<typeof sequenceSchema>;

/** A file of a backup, by its path in it. */
export type FileRecord = z.infer<typeof fileSchema>;

/** Rows of all tables together. */
export function rowsOf(manifest: Pick<BackupManifest, "tables">): number {
  return manifest.tables.reduce((sum, table) => sum + table.rows, 0);
}

/** Backups of a database that goes on working: taken from one snapshot, proven by a restore, restored. */
export type { AttachmentSource } from "./archive/attachments.ts";
export { type Backup, bytesOf, listBackups, readBackup } from "./archive/read-archive.ts";
export { type RemoveOlderOptions, removeOlder } from "./archive/remove-archive.ts";
export { BackupError, type BackupErrorCode } from "./backup-error.ts";
export { type BackupKind, type BackupManifest, rowsOf } from "./manifest.ts";
export type { BackupContext } from "./options.ts";
export { type RestoredBackup, type RestoreOptions, restoreBackup } from "./restore.ts";
export type { SchemaComponent } from "./schema-files.ts";
export { type TakenBackup, type TakeOptions, takeBackup } from "./take.ts";
export { type Verdict, verifyBackup } from "./verify.ts";

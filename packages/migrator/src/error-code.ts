/** What went wrong, for programs; the message says it for people. */
export type MigrationErrorCode =
  /** A file's name, header or content is not acceptable. */
  | "invalid-file"
  /** An applied file was changed afterwards. */
  | "checksum-mismatch"
  /** A contract run, and expand files are pending. */
  | "expand-pending"
  /** An expand run of a release, and the contract files of an earlier one are pending. */
  | "contract-pending"
  /** Another process held the migration lock for too long. */
  | "lock-wait-timeout"
  /** The lock was lost while working: the connection broke, or somebody cleared it. */
  | "lock-lost"
  /** A table stayed locked by others for too long; the message names them. */
  | "table-locked"
  /** A statement failed. */
  | "statement-failed"
  /** Back ends of a killed migration do not end. */
  | "orphans-remain"
  /** The pooler hands out too few connections. */
  | "no-connection";

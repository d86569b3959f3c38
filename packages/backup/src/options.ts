import type { SchemaComponent } from "./schema-files.ts";

/** What every command of this package needs. */
export interface BackupContext {
  /** Of the database, directly and not through a pooler; as a role that owns its tables. */
  readonly connectionString: string;
  /** Migrations of this build, in the order they run. */
  readonly components: readonly SchemaComponent[];
  /** Directory of pg_dump and pg_restore; looked at before the usual places. */
  readonly programs?: string | undefined;
  readonly log: (message: string) => void;
  /** Ends the work early and cleans up. */
  readonly signal?: AbortSignal | undefined;
}

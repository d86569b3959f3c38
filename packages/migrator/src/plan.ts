import path from "node:path";
import type { Client } from "pg";
import { type ClassifiedMigration, classifyMigrations } from "./classified-files.ts";
import type { Level } from "./classify/verdict.ts";
import { worst } from "./classify/verdict.ts";
import { connect, disconnect } from "./connection.ts";
import { type MigrationFile, readMigrationFiles } from "./files.ts";
import { type AppliedMigration, readHistory } from "./history.ts";
import { MigrationError } from "./migration-error.ts";
import { planPhase, type Refusal, type RunPhase } from "./phases.ts";

/** What a database still needs, and what it has that this build does not know. */
export type SchemaState = {
  applied: AppliedMigration[];
  /** Not applied yet, or torn off; in order. */
  pending: MigrationFile[];
  /** Ids begun and not finished: running at this moment, or interrupted. */
  unfinished: string[];
  /** Applied ids this build has no file for: the schema is ahead of it. */
  ahead: string[];
  /** Present when a run of this phase would fail at once. */
  refusal?: Refusal;
};

/** The same, with what is pending judged. */
export type MigrationPlan = Omit<SchemaState, "pending"> & {
  pending: ClassifiedMigration[];
  /** The worst level of the pending files; decides whether older builds may go on meanwhile. */
  level: Level;
};

/** Compares a directory with a database, without changing anything. `version`: of the build whose files these are. */
export async function plan(options: {
  connectionString: string;
  directory: string;
  component: string;
  version?: string;
  phase?: RunPhase;
}): Promise<MigrationPlan> {
  const files = await readMigrationFiles(options.directory);
  const client = await connect(options.connectionString, "observer");
  try {
    const state = await compare(client, files, { phase: "all", ...options });
    return await judge(state, files);
  } finally {
    await disconnect(client);
  }
}

/** Judges what is pending, each file in the light of all that come before it. */
export async function judge(state: SchemaState, files: readonly MigrationFile[]): Promise<MigrationPlan> {
  if (state.pending.length === 0) return { ...state, pending: [], level: "additive" };
  const ids = new Set(state.pending.map((file) => file.id));
  const pending = (await classifyMigrations(files)).filter((file) => ids.has(file.id));
  return { ...state, pending, level: worst(pending.map((file) => file.level)) };
}

/** Compares files with a database without parsing them. Throws MigrationError `checksum-mismatch`. */
export async function compare(
  client: Client,
  files: readonly MigrationFile[],
  { component, phase, version }: { component: string; phase: RunPhase; version?: string },
): Promise<SchemaState> {
  const history = await readHistory(client, component);
  const known = new Set(files.map((file) => file.id));
  for (const file of files) requireSameChecksum(file, history.get(file.id));
  const applied = [...history.values()];
  return {
    applied,
    ...planPhase(phase, files, history, version),
    unfinished: applied.filter((row) => row.state === "running").map((row) => row.id),
    ahead: applied.filter((row) => !known.has(row.id)).map((row) => row.id),
  };
}

/** An unfinished file may be corrected: that is how a failed index build gets repaired. */
function requireSameChecksum(file: MigrationFile, row: AppliedMigration | undefined): void {
  if (row?.state !== "done" || row.checksum === file.checksum) return;
  throw new MigrationError(
    "checksum-mismatch",
    `${path.basename(file.path)} was changed after it was applied (by version ${row.version}, ${row.appliedAt.toISOString()}): restore the file and put the change in a new one`,
  );
}

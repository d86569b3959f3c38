/**
 * The walk of one migration run:
 *
 *   nothing pending? → done, without any lock                        (every start of an instance)
 *   lock (lock.ts) → meanwhile done by another? → done
 *     → end orphans → own tables → claim the epoch → compare again → apply file by file → release
 */
import type { Client } from "pg";
import { type ApplyContext, applyFile } from "./apply.ts";
import { connect, disconnect } from "./connection.ts";
import { type MigrationFile, type Phase, readMigrationFiles } from "./files.ts";
import { createRunnerTables } from "./history.ts";
import { acquireLock, claimEpoch, thisProcess } from "./lock.ts";
import { describeOwner } from "./lock-inspection.ts";
import { MigrationError } from "./migration-error.ts";
import { endOrphans } from "./orphans.ts";
import { compare, type SchemaState } from "./plan.ts";
import { prepareFiles } from "./prepare.ts";

const LOCK_WAIT_DEFAULT_MS = 15 * 60 * 1000;
const LOCK_RETRY_DEFAULT_MS = 10 * 60 * 1000;
const DONE_BY_ANOTHER = "another process has migrated meanwhile";

/** What to migrate, and as whom. */
export type MigrateOptions = {
  connectionString: string;
  directory: string;
  /** Whose history: `app`, `engine`, … */
  component: string;
  /** Of this build; kept in the history and shown to whoever waits. */
  version: string;
  owner?: { host: string; pid: number };
  log?: (message: string) => void;
  /** How long to wait for another process's migration; default 15 minutes. */
  lockWaitMs?: number;
  /** How long to try for a table others hold locked; default 10 minutes. */
  lockRetryMaxMs?: number;
  /** Default `expand`; `contract` only when no instance of an earlier release is left (phases.ts). */
  phase?: Phase;
  onProgress?: (progress: MigrationProgress) => void;
};

/** Told before and after each file. */
export type MigrationProgress = { component: string; id: string; state: "started" | "completed" | "failed" };

/** What a run did. */
export type MigrateResult = {
  /** Ids applied by this call, in order. */
  applied: string[];
  /** Ids in the database that this build does not know. */
  ahead: string[];
};

/** Brings a database up to date. Any number of processes may call it at once. Throws MigrationError. */
export async function migrate(options: MigrateOptions): Promise<MigrateResult> {
  const files = await readMigrationFiles(options.directory);
  const observer = await connect(options.connectionString, "observer");
  try {
    const first = await compareNow(observer, options, files);
    if (first.ahead.length > 0) {
      logOf(options)(`the ${options.component} schema is ahead of this build by ${first.ahead.join(", ")}`);
    }
    if (first.pending.length === 0) return { applied: [], ahead: first.ahead };
    return { applied: await migrateLocked(options, files, observer), ahead: first.ahead };
  } finally {
    await disconnect(observer);
  }
}

async function migrateLocked(options: MigrateOptions, files: MigrationFile[], observer: Client): Promise<string[]> {
  const log = logOf(options);
  const lock = await acquireLock({
    connectionString: options.connectionString,
    waitMaxMs: options.lockWaitMs ?? LOCK_WAIT_DEFAULT_MS,
    stillNeeded: async () => (await compareNow(observer, options, files)).pending.length > 0,
    describeOwner: () => describeOwner(observer),
    log,
  });
  if (!lock) {
    log(DONE_BY_ANOTHER);
    return [];
  }
  try {
    return await Promise.race([lock.lost, workLocked(options, files, observer, lock.lost)]);
  } finally {
    await lock.release();
  }
}

/** `lost` ends the work early: its connection closes, and the epoch keeps it from committing anyway. */
async function workLocked(
  options: MigrateOptions,
  files: MigrationFile[],
  observer: Client,
  lost: Promise<never>,
): Promise<string[]> {
  const client = await connect(options.connectionString, "run");
  lost.catch(() => disconnect(client));
  try {
    await endOrphans(client, logOf(options));
    await createRunnerTables(client);
    const { component, version } = options;
    const epoch = await claimEpoch(client, { component, version, ...(options.owner ?? thisProcess()) });
    const lockRetryMaxMs = options.lockRetryMaxMs ?? LOCK_RETRY_DEFAULT_MS;
    const context = { client, observer, component, version, epoch, lockRetryMaxMs, log: logOf(options) };
    return await applyPending(context, await compareNow(client, options, files), options);
  } finally {
    await disconnect(client);
  }
}

async function applyPending(context: ApplyContext, state: SchemaState, options: MigrateOptions): Promise<string[]> {
  const { component } = options;
  const report = options.onProgress ?? (() => {});
  if (state.pending.length === 0) context.log(DONE_BY_ANOTHER);
  for (const file of await prepareFiles(state.pending)) {
    const start = performance.now();
    report({ component, id: file.id, state: "started" });
    try {
      await applyFile(context, file, state.unfinished.includes(file.id));
    } catch (error) {
      report({ component, id: file.id, state: "failed" });
      throw error;
    }
    report({ component, id: file.id, state: "completed" });
    context.log(`applied ${component} ${file.id} in ${Math.round(performance.now() - start)} ms`);
  }
  return state.pending.map((file) => file.id);
}

/** Throws what refuses this run. */
async function compareNow(client: Client, options: MigrateOptions, files: MigrationFile[]): Promise<SchemaState> {
  const { component, version, phase = "expand" } = options;
  const state = await compare(client, files, { component, version, phase });
  if (state.refusal) throw new MigrationError(state.refusal.code, `${component}: ${state.refusal.message}`);
  return state;
}

function logOf(options: MigrateOptions): (message: string) => void {
  return options.log ?? (() => {});
}

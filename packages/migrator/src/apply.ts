import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { whileWatching } from "./blockers.ts";
import { sqlStateOf } from "./connection.ts";
import { CompletedStatements, failedStatement } from "./failed-statement.ts";
import type { MigrationFile } from "./files.ts";
import { recordBegun, recordDone } from "./history.ts";
import { requireEpoch } from "./lock.ts";
import { MigrationError } from "./migration-error.ts";
import type { RunnableMigration, RunnableStatement } from "./prepare.ts";
import { dropInvalidIndexes } from "./torn-indexes.ts";

/** Longer, and every reader that comes after us queues behind our waiting ALTER for that long. */
const LOCK_TIMEOUT_MS = 300;
const RETRY_PAUSE_MIN_MS = 200;
const RETRY_PAUSE_MAX_MS = 3_000;
/** lock_not_available, deadlock_detected, serialization_failure. */
const PASSING_STATES = new Set(["55P03", "40P01", "40001"]);

/** What applying a file needs. */
export type ApplyContext = {
  /** The working connection. */
  client: Client;
  /** A second one, to see who blocks the first. */
  observer: Client;
  component: string;
  version: string;
  epoch: bigint;
  /** For how long a locked table is tried again. */
  lockRetryMaxMs: number;
  log(message: string): void;
};

/** Applies one file and records it. Throws MigrationError; a next run goes on from there. */
export async function applyFile(context: ApplyContext, file: RunnableMigration, torn: boolean): Promise<void> {
  if (file.transactional) await applyInTransaction(context, file);
  else await applyStepwise(context, file, torn);
}

/** All statements, the fence and the history row in one transaction; tried again while others hold a table. */
async function applyInTransaction(context: ApplyContext, file: RunnableMigration): Promise<void> {
  const deadline = Date.now() + context.lockRetryMaxMs;
  let blockers: string[] = [];
  for (let attempt = 1; ; attempt++) {
    try {
      return await attemptInTransaction(context, file, (seen) => {
        blockers = seen;
      });
    } catch (error) {
      await context.client.query("rollback").catch(() => {});
      if (!isPassing(error)) throw error;
      const names = blockers.length > 0 ? blockers.join("; ") : "an unknown transaction";
      if (Date.now() > deadline) throw stayedLocked(file, context.lockRetryMaxMs, names, error);
      if (attempt === 1) context.log(`${file.id} waits for a table that is locked by ${names}; trying again`);
      await sleep(RETRY_PAUSE_MIN_MS + Math.random() * Math.min(RETRY_PAUSE_MAX_MS, RETRY_PAUSE_MIN_MS * 2 ** attempt));
    }
  }
}

async function attemptInTransaction(
  context: ApplyContext,
  file: RunnableMigration,
  onBlocked: (blockers: string[]) => void,
): Promise<void> {
  const { client, observer, component, version, epoch } = context;
  const start = performance.now();
  await client.query("begin");
  await guardTransaction(client);
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  const runStatements = async () => {
    for (const statement of file.statements) await runStatement(client, file, statement);
  };
  await whileWatching(observer, rows[0]?.pid ?? 0, runStatements, onBlocked);
  await requireEpoch(client, epoch);
  await recordDone(client, component, file, version, performance.now() - start);
  await client.query("commit");
}

/** Time-outs only for this transaction: as start-up parameters a pooler refuses them, as session settings they leak. */
async function guardTransaction(client: Client): Promise<void> {
  await client.query(
    `select set_config(name, case name when 'lock_timeout' then '${LOCK_TIMEOUT_MS}ms' else '0' end, true) from pg_settings
      where name in ('lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')`,
  );
}

/** Statement by statement, each repeatable; the `running` row tells a next run that this one was torn off. */
async function applyStepwise(context: ApplyContext, file: RunnableMigration, torn: boolean): Promise<void> {
  const { client, component, version, epoch } = context;
  const start = performance.now();
  if (torn) context.log(`${file.id} was interrupted before; going on`);
  await fenced(client, epoch, () => recordBegun(client, component, file, version));
  if (torn) await dropInvalidIndexes(client, file.statements, context.log);
  for (const statement of file.statements) {
    await fenced(client, epoch, async () => {});
    await runStatement(client, file, statement);
  }
  await fenced(client, epoch, () => recordDone(client, component, file, version, performance.now() - start));
}

/** A short transaction that only commits while the lock is ours. */
async function fenced(client: Client, epoch: bigint, work: () => Promise<void>): Promise<void> {
  await client.query("begin");
  try {
    await requireEpoch(client, epoch);
    await work();
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw error;
  }
}

async function runStatement(client: Client, file: MigrationFile, statement: RunnableStatement): Promise<void> {
  const completed = new CompletedStatements(client);
  try {
    await client.query(statement.text);
  } catch (cause) {
    if (PASSING_STATES.has(sqlStateOf(cause) ?? "")) throw cause;
    throw await failedStatement(file, statement, completed.count, cause);
  } finally {
    completed.stop();
  }
}

function isPassing(error: unknown): boolean {
  return PASSING_STATES.has(sqlStateOf(error) ?? "");
}

function stayedLocked(file: MigrationFile, waitedMs: number, names: string, cause: unknown): MigrationError {
  return new MigrationError(
    "table-locked",
    `${file.id}.sql could not lock its table within ${Math.round(waitedMs / 1000)} s; it is held by ${names}`,
    { cause },
  );
}

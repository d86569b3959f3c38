import type { Database, Tx } from "../../../../platform/db/index.ts";
import type { Log } from "../../../../platform/log/log.ts";
import type { Backfill } from "../backfill.ts";
import { insertBackfills, listBackfillRows, recordNothingToDo, resumeRows } from "../store/backfills.ts";
import { limitWaits, ranIntoLimit } from "../store/guards.ts";
import { ROLLBACK_REASON } from "./pause-backfills.ts";

/** Counting a table that is not small is left to the batches. */
const COUNT_MAX_MS = 2_000;

interface Deps {
  database: Database;
  backfills: readonly Backfill[];
  log: Log;
}

/**
 * Called when an instance starts: the first one that knows a backfill adds its row, DONE at once where no row is in the old shape,
 * as in a new installation. What was paused for a rollback goes on: a newer instance starts again.
 */
export async function registerBackfills({ database, backfills, log }: Deps): Promise<void> {
  if (backfills.length === 0) return;
  const known = new Set((await listBackfillRows(database.db)).map(({ name }) => name));
  const rows = await estimates(
    database,
    backfills.filter(({ name }) => !known.has(name)),
  );
  const names = backfills.map(({ name }) => name);
  const { added, resumed } = await database.transaction(async (tx) => ({
    added: rows.length === 0 ? [] : await insertBackfills(tx, rows),
    resumed: await resumeRows(tx, names, ROLLBACK_REASON),
  }));
  for (const name of added) log.info({ backfill: name }, "a backfill is to be done");
  for (const name of resumed) log.info({ backfill: name }, "a backfill that a rollback had paused goes on");
  await endEmptyOnes(
    database,
    backfills.filter(({ name }) => added.includes(name)),
  );
}

async function estimates(database: Database, backfills: readonly Backfill[]) {
  const rows: { name: string; release: string; estimated: number }[] = [];
  for (const { name, release, estimate } of backfills)
    rows.push({ name, release, estimated: Math.max(0, Math.round(await estimate(database.db))) });
  return rows;
}

async function endEmptyOnes(database: Database, backfills: readonly Backfill[]): Promise<void> {
  const empty: string[] = [];
  for (const backfill of backfills) if (await isEmpty(database, backfill)) empty.push(backfill.name);
  if (empty.length > 0) await database.transaction((tx) => recordNothingToDo(tx, empty));
}

async function isEmpty(database: Database, backfill: Backfill): Promise<boolean> {
  const counting = database.transaction(async (tx: Tx) => {
    await limitWaits(tx, { lockMs: COUNT_MAX_MS, statementMs: COUNT_MAX_MS });
    return backfill.remaining(tx);
  });
  return counting.then(
    (rows) => rows === 0,
    (error: unknown) => {
      if (ranIntoLimit(error)) return false;
      throw error;
    },
  );
}

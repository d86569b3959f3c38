import type { EngineClient } from "@evertrack/engine";
import type { Database, Tx } from "../../../../platform/db/index.ts";
import { AppError, type Principal } from "../../../../platform/http/index.ts";
import type { Log } from "../../../../platform/log/log.ts";
import { lockBackfills, pauseRows, resumeRows, setRate } from "../store/backfills.ts";
import { startDueBackfills } from "./start-due-backfills.ts";

interface Deps {
  database: Database;
  client: EngineClient<Tx>;
  log: Log;
}

interface Change {
  name: string;
  paused?: boolean | undefined;
  /** Null: the configured one again. */
  rowsPerSecond?: number | null | undefined;
  principal: Principal;
}

/**
 * Pauses one backfill, lets it go on, or sets its rate; what it does already it goes on with. Pausing holds from the next batch
 * on. 404 when there is none of this name; 409 when it is done.
 */
export async function changeBackfill({ database, client, log }: Deps, change: Change): Promise<void> {
  const { name, paused, rowsPerSecond, principal } = change;
  await database.transaction(async (tx) => {
    const [row] = await lockBackfills(tx, [name]);
    if (row === undefined) throw new AppError("not-found", `There is no backfill ${name}.`);
    if (row.status === "DONE") throw new AppError("conflict", `The backfill ${name} is done.`);
    if (rowsPerSecond !== undefined) await setRate(tx, name, rowsPerSecond);
    if (paused === true) await pauseRows(tx, [name], `paused by ${principal.name}`);
    if (paused === false && (await resumeRows(tx, [name])).length > 0) await startDueBackfills(tx, client, [name]);
  });
  log.info({ backfill: name, paused, rowsPerSecond, by: principal.name }, "an operator changed a backfill");
}

import type { BackfillResponse } from "@evertrack/contract/v2/backfills";
import { compareVersions } from "@evertrack/matching";
import type { Db } from "../../../../platform/db/index.ts";
import { AppError } from "../../../../platform/http/index.ts";
import { etaMs } from "../rules/progress.ts";
import { type BackfillRow, listBackfillRows } from "../store/backfills.ts";

/** Every backfill the database knows, whether this build declares it or not; those of older releases first, then by name. */
export async function listBackfills(db: Db): Promise<BackfillResponse[]> {
  const rows = await listBackfillRows(db);
  return rows.toSorted(byReleaseAndName).map(backfillOf);
}

/** One backfill; 404 when there is none of this name. */
export async function findBackfill(db: Db, name: string): Promise<BackfillResponse> {
  const [row] = await listBackfillRows(db, [name]);
  if (row === undefined) throw new AppError("not-found", `There is no backfill ${name}.`);
  return backfillOf(row);
}

/** Those that are not DONE; with a release only those of it and of releases before it. */
export async function unfinishedBackfills(db: Db, release?: string): Promise<BackfillResponse[]> {
  const backfills = await listBackfills(db);
  return backfills.filter(
    (backfill) =>
      backfill.status !== "DONE" &&
      (release === undefined || compareVersions("semver", backfill.release, release) <= 0),
  );
}

function byReleaseAndName(a: BackfillRow, b: BackfillRow): number {
  return compareVersions("semver", a.release, b.release) || (a.name < b.name ? -1 : 1);
}

function backfillOf(row: BackfillRow): BackfillResponse {
  return {
    name: row.name,
    release: row.release,
    status: row.status,
    ...given("pause_reason", row.pause_reason),
    rows_done: row.rows_done,
    rows_estimated: row.rows_estimated,
    ...given("rows_per_second_max", row.rate_rows_per_s),
    ...given("rows_per_second", row.status === "RUNNING" ? rounded(row.speed_rows_per_s) : null),
    slowdown: Number(row.slowdown.toFixed(1)),
    ...given("eta_ms", etaMs(row) ?? null),
    ...given("run_id", row.run_id),
    ...given("last_error", row.last_error),
    created_at: row.created_at.getTime(),
    ...given("started_at", row.started_at?.getTime() ?? null),
    updated_at: row.updated_at.getTime(),
    ...given("finished_at", row.finished_at?.getTime() ?? null),
    ...given("verified_at", row.verified_at?.getTime() ?? null),
  };
}

function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toFixed(1));
}

/** A member that is left out where there is nothing. */
function given<K extends string, V>(name: K, value: V | null): { [key in K]?: V } {
  const member: { [key in K]?: V } = {};
  if (value !== null) member[name] = value;
  return member;
}

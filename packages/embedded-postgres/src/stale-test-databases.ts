import { withClient } from "./connection.ts";

/** Test databases and unfinished templates; the milliseconds of their making follow. */
export const TEST_DATABASE_PREFIX = "evt_test_";
/** Finished templates; the milliseconds of their making are their comment. */
export const TEST_TEMPLATE_PREFIX = "evt_tpl_";

const AGE_MAX_MS = 24 * 60 * 60 * 1000;
const BATCH_SIZE_MAX = 200;

let swept = false;

/** Drops what crashed runs left behind more than a day ago; once per process, and failures do not matter. */
export async function dropStaleTestDatabases(adminUrl: string, now = Date.now()): Promise<string[]> {
  if (swept) return [];
  swept = true;
  return sweep(adminUrl, now);
}

/** The sweep itself; returns the names it dropped. */
export async function sweep(adminUrl: string, now: number): Promise<string[]> {
  return withClient(adminUrl, async (admin) => {
    const { rows } = await admin.query<{ name: string }>(
      `select datname as name from pg_database
        where coalesce(substring(datname from '^${TEST_DATABASE_PREFIX}(\\d{1,15})_'),
                       case when datname like '${TEST_TEMPLATE_PREFIX.replaceAll("_", "\\_")}%'
                            then substring(shobj_description(oid, 'pg_database') from '^\\d{1,15}$') end)::bigint < $1
        limit ${BATCH_SIZE_MAX}`,
      [now - AGE_MAX_MS],
    );
    const dropped: string[] = [];
    for (const { name } of rows) {
      // Another process may sweep at the same time.
      const done = await admin.query(`drop database if exists "${name}" with (force)`).catch(() => undefined);
      if (done) dropped.push(name);
    }
    return dropped;
  });
}

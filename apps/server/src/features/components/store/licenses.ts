import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";
import type { LicenseStatement } from "../rules/inventory.ts";

/** The statement that says nothing; it is there from the beginning and never removed. */
export const NO_LICENSE_ID = 0;

/** A statement that is stored; `orphaned` = no component had it when that was last looked at. */
export interface KnownLicense {
  /** Its place among those that were asked for. */
  ordinal: number;
  id: number;
  orphaned: boolean;
}

/** Those of the statements that are stored. */
export async function findLicenses(db: Db, statements: readonly LicenseStatement[]): Promise<KnownLicense[]> {
  const { rows } = await sql<KnownLicense>`/* components.findLicenses */
    select r.o as ordinal, l.id, l.orphaned_since is not null as orphaned from ${recordset(statements)}
      join component_license l on l.key = component_license_key(r.n, r.e, r.u)`.execute(db);
  return rows;
}

/** Stores statements, leaving those that somebody else stores at the same time. Rows come in key order. */
export async function insertLicenses(tx: Tx, statements: readonly LicenseStatement[]): Promise<void> {
  await sql`/* components.insertLicenses */
    insert into component_license (key, name, expression, url)
    select component_license_key(r.n, r.e, r.u) as key, r.n, r.e, r.u from ${recordset(statements)}
    order by key on conflict (key) do nothing`.execute(tx);
}

function recordset(statements: readonly LicenseStatement[]) {
  const rows = statements.map(({ license: n, licenseExpression: e, licenseUrl: u }, o) => ({ o, n, e, u }));
  return sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(o int, n text, e text, u text)`;
}

/** Keeps statements that were about to be removed. Locks them in id order. */
export async function reviveLicenses(tx: Tx, ids: readonly number[]): Promise<void> {
  await sql`/* components.reviveLicenses */
    with kept as materialized (select id from component_license where id = any(${[...ids]}::int[]) order by id for no key update)
    update component_license l set orphaned_since = null from kept where l.id = kept.id`.execute(tx);
}

/**
 * Looks at the next statements by id: marks those without a component, unmarks those with one. Returns the last id looked at,
 * null at the end.
 */
export async function markOrphanedLicenses(tx: Tx, afterId: number, limit: number): Promise<number | null> {
  const { rows } = await sql<{ last: number | null }>`/* components.markOrphanedLicenses */
    with page as materialized (
      select id, orphaned_since is not null as marked from component_license where id > ${afterId} order by id limit ${limit}),
    judged as materialized (
      select id from page where marked = exists (select 1 from component c where c.license_id = page.id)),
    changed as (
      update component_license l set orphaned_since = case when l.orphaned_since is null then now() end
      from judged where l.id = judged.id)
    select max(id) as last from page`.execute(tx);
  return rows[0]?.last ?? null;
}

/** Locks the next statements that have been orphaned for `days`; those somebody holds are left. */
export async function lockOldLicenses(tx: Tx, afterId: number, days: number, limit: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`/* components.lockOldLicenses */
    select id from component_license
    where orphaned_since < now() - ${days} * interval '1 day' and id > ${afterId} and id <> ${NO_LICENSE_ID}
    order by id limit ${limit} for update skip locked`.execute(tx);
  return rows.map(({ id }) => id);
}

/** Deletes locked statements that still have no component. */
export async function deleteLicenses(tx: Tx, ids: readonly number[]): Promise<number> {
  const { numAffectedRows } = await sql`/* components.deleteLicenses */
    delete from component_license l where l.id = any(${[...ids]}::int[])
      and not exists (select 1 from component c where c.license_id = l.id)`.execute(tx);
  return Number(numAffectedRows ?? 0n);
}

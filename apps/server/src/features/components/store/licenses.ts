import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";
import type { LicenseStatement } from "../rules/inventory.ts";

/** A statement that is stored; `orphaned` = no component had it when that was last looked at. */
interface KnownLicense {
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

import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";
import type { DefaultGroup } from "../rules/default-groups.ts";

/** A licence of the SPDX list as it is stored. */
export interface SpdxLicense {
  licenseId: string;
  name: string;
  text: string;
  seeAlso: string[];
  osiApproved: boolean;
  fsfLibre: boolean;
  deprecated: boolean;
}

/** Edition of the list that was brought in; 0 before the first. */
export async function spdxEdition(db: Db): Promise<number> {
  const { rows } = await sql<{ edition: number }>`/* licenses.edition */
    select edition from license_list`.execute(db);
  return rows[0]?.edition ?? 0;
}

/** The same, held until the transaction ends: who else brings in a list waits. */
export async function lockSpdxEdition(tx: Tx): Promise<number> {
  await sql`/* licenses.beginList */
    insert into license_list (edition, version) values (0, '') on conflict do nothing`.execute(tx);
  const { rows } = await sql<{ edition: number }>`/* licenses.lockList */
    select edition from license_list for update`.execute(tx);
  return rows[0]?.edition ?? 0;
}

/** Remembers what was brought in. */
export async function recordSpdxList(tx: Tx, list: { edition: number; version: string }): Promise<void> {
  await sql`/* licenses.recordList */
    update license_list set edition = ${list.edition}, version = ${list.version}, brought_in_at = now()`.execute(tx);
}

/** Adds licences and changes those that differ; a custom licence that has the id of one stays as it is. Rows come in id order. */
export async function upsertSpdxLicenses(tx: Tx, licenses: readonly SpdxLicense[]): Promise<void> {
  await sql`/* licenses.upsertSpdx */
    insert into license (license_id, name, text, see_also, osi_approved, fsf_libre, deprecated)
    select "licenseId", name, text, "seeAlso", "osiApproved", "fsfLibre", deprecated
    from jsonb_to_recordset(${JSON.stringify(licenses)}::jsonb) as r("licenseId" text, name text, text text,
      "seeAlso" text[], "osiApproved" boolean, "fsfLibre" boolean, deprecated boolean)
    order by "licenseId"
    on conflict (license_id) do update set name = excluded.name, text = excluded.text, see_also = excluded.see_also,
      osi_approved = excluded.osi_approved, fsf_libre = excluded.fsf_libre, deprecated = excluded.deprecated
    where not license.custom and
      (license.name, license.text, license.see_also, license.osi_approved, license.fsf_libre, license.deprecated)
      is distinct from (excluded.name, excluded.text, excluded.see_also, excluded.osi_approved, excluded.fsf_libre,
        excluded.deprecated)`.execute(tx);
}

/** Adds groups with their licences; one whose name is taken is left as it is. */
export async function insertDefaultGroups(tx: Tx, groups: readonly DefaultGroup[]): Promise<void> {
  await sql`/* licenses.insertDefaultGroups */
    with wanted as materialized (
      select name, "riskWeight", "licenseIds" from jsonb_to_recordset(${JSON.stringify(groups)}::jsonb)
        as r(name text, "riskWeight" int, "licenseIds" text[])),
    added as (
      insert into license_group (name, risk_weight) select name, "riskWeight" from wanted order by name
      on conflict (name) do nothing returning id, name)
    insert into license_group_member (group_id, license_row)
    select added.id, license.id from added join wanted on wanted.name = added.name collate "C"
      join license on license.license_id = any(wanted."licenseIds")`.execute(tx);
}

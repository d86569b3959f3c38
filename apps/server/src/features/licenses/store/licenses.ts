import { type RawBuilder, sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";
import type { LicenseName } from "../rules/known-licenses.ts";
import type { ResolvedLicense } from "./resolved-license.ts";

/** A group as its licences show it. */
interface GroupOfLicense {
  uuid: string;
  name: string;
  riskWeight: number;
}

/** A licence with everything about it. */
export interface LicenseRow extends ResolvedLicense {
  licenseText: string | null;
  standardLicenseTemplate: string | null;
  standardLicenseHeader: string | null;
  licenseComments: string | null;
  seeAlso: string[];
  licenseGroups: GroupOfLicense[];
}

/** Columns a list can be ordered by, as clients name them. */
export const LICENSE_SORT_COLUMNS = {
  name: "k.name",
  licenseId: "k.license_id",
  isOsiApproved: "k.osi_approved",
  isFsfLibre: "k.fsf_libre",
  isDeprecatedLicenseId: "k.deprecated",
  isCustomLicense: "k.custom",
} as const;

/** One page: which rows, in which order. */
export interface LicensePage {
  column: (typeof LICENSE_SORT_COLUMNS)[keyof typeof LICENSE_SORT_COLUMNS];
  descending: boolean;
  offset: number;
  limit: number;
  searchText: string | undefined;
}

const concise = sql`k.uuid, k.license_id as "licenseId", k.name, k.osi_approved as "isOsiApproved",
  k.fsf_libre as "isFsfLibre", k.deprecated as "isDeprecatedLicenseId", k.custom as "isCustomLicense"`;

const whole = sql`${concise}, k.text as "licenseText", k.template as "standardLicenseTemplate",
  k.header as "standardLicenseHeader", k.comments as "licenseComments", k.see_also as "seeAlso",
  coalesce((select jsonb_agg(jsonb_build_object('uuid', g.uuid, 'name', g.name, 'riskWeight', g.risk_weight)
      order by g.name)
    from license_group_member m join license_group g on g.id = m.group_id where m.license_row = k.id), '[]')
    as "licenseGroups"`;

/** One page of all licences. */
export async function listLicenses(db: Db, page: LicensePage): Promise<LicenseRow[]> {
  const direction = page.descending ? sql`desc` : sql`asc`;
  const { rows } = await sql<LicenseRow>`/* licenses.list */
    select ${whole} from license k where ${matching(page.searchText)}
    order by ${sql.ref(page.column)} ${direction}, k.license_id limit ${page.limit} offset ${page.offset}`.execute(db);
  return rows;
}

/** How many licences the same search finds. */
export async function countLicenses(db: Db, searchText: string | undefined): Promise<number> {
  const { rows } = await sql<{ total: number }>`/* licenses.count */
    select count(*)::int as total from license k where ${matching(searchText)}`.execute(db);
  return rows[0]?.total ?? 0;
}

function matching(searchText: string | undefined): RawBuilder<unknown> {
  if (searchText === undefined) return sql`true`;
  const pattern = `%${searchText.replaceAll(/[\\%_]/g, "\\$&")}%`;
  return sql`(lower(k.name) like lower(${pattern}) or lower(k.license_id) like lower(${pattern}))`;
}

/** All licences, by name, in short; at most `limit`. */
export async function listConciseLicenses(db: Db, limit: number): Promise<ResolvedLicense[]> {
  const { rows } = await sql<ResolvedLicense>`/* licenses.listConcise */
    select ${concise} from license k order by k.name, k.license_id limit ${limit}`.execute(db);
  return rows;
}

/** The licence with this id, exactly as written. */
export async function readLicense(db: Db, licenseId: string): Promise<LicenseRow | undefined> {
  const { rows } = await sql<LicenseRow>`/* licenses.read */
    select ${whole} from license k where k.license_id = ${licenseId}`.execute(db);
  return rows[0];
}

/** Names of all licences; at most `limit`, those of the SPDX list first. */
export async function licenseNames(db: Db, limit: number): Promise<LicenseName[]> {
  const { rows } = await sql<LicenseName>`/* licenses.names */
    select license_id as "licenseId", name, custom, deprecated from license order by custom, license_id
    limit ${limit}`.execute(db);
  return rows;
}

/** Digest of what `licenseNames` tells, without telling it. */
export async function licenseNamesDigest(db: Db): Promise<string> {
  const { rows } = await sql<{ digest: string }>`/* licenses.namesDigest */
    select md5(string_agg(concat_ws(E'\\n', license_id, name, custom, deprecated), E'\\n' order by id)) as digest from license`.execute(
    db,
  );
  return rows[0]?.digest ?? "";
}

/** A custom licence to be. */
export interface NewLicense {
  licenseId: string;
  name: string;
  licenseText?: string | undefined;
  standardLicenseTemplate?: string | undefined;
  standardLicenseHeader?: string | undefined;
  licenseComments?: string | undefined;
  seeAlso?: readonly string[] | undefined;
  isOsiApproved?: boolean | undefined;
  isFsfLibre?: boolean | undefined;
  isDeprecatedLicenseId?: boolean | undefined;
}

/** Adds a custom licence; false when its id is taken. */
export async function insertCustomLicense(tx: Tx, license: NewLicense): Promise<boolean> {
  const { numAffectedRows } = await sql`/* licenses.insertCustom */
    insert into license (license_id, name, text, template, header, comments, see_also, osi_approved, fsf_libre,
      deprecated, custom)
    values (${license.licenseId}, ${license.name}, ${license.licenseText ?? null},
      ${license.standardLicenseTemplate ?? null}, ${license.standardLicenseHeader ?? null},
      ${license.licenseComments ?? null}, ${[...(license.seeAlso ?? [])]}::text[], ${license.isOsiApproved ?? false},
      ${license.isFsfLibre ?? false}, ${license.isDeprecatedLicenseId ?? false}, true)
    on conflict (license_id) do nothing`.execute(tx);
  return Number(numAffectedRows ?? 0n) > 0;
}

/** Removes a custom licence, out of its groups too; false when there is none with this id. */
export async function deleteCustomLicense(tx: Tx, licenseId: string): Promise<boolean> {
  const { numAffectedRows } = await sql`/* licenses.deleteCustom */
    delete from license where license_id = ${licenseId} and custom`.execute(tx);
  return Number(numAffectedRows ?? 0n) > 0;
}

import { type RawBuilder, sql } from "kysely";
import { type Db, isUniqueViolation, type Tx } from "../../../platform/db/index.ts";
import { groupNameTaken } from "../errors.ts";
import { licenseInShort, type ResolvedLicense } from "./resolved-license.ts";

/** A licence group with its licences; members as v1 names them. */
export interface LicenseGroupRow {
  uuid: string;
  name: string;
  riskWeight: number;
  licenses: ResolvedLicense[];
}

/** Columns a list can be ordered by, as clients name them. */
export const GROUP_SORT_COLUMNS = { name: "g.name", riskWeight: "g.risk_weight" } as const;

/** One page: which rows, in which order. */
export interface GroupPage {
  column: (typeof GROUP_SORT_COLUMNS)[keyof typeof GROUP_SORT_COLUMNS];
  descending: boolean;
  offset: number;
  limit: number;
  searchText: string | undefined;
}

const whole = sql`g.uuid, g.name, g.risk_weight as "riskWeight",
  coalesce((select jsonb_agg(${licenseInShort} order by known.name, known.license_id) from license_group_member m
    join license known on known.id = m.license_row where m.group_id = g.id), '[]') as licenses`;

/** One page of all groups. */
export async function listGroups(db: Db, page: GroupPage): Promise<LicenseGroupRow[]> {
  const direction = page.descending ? sql`desc` : sql`asc`;
  const { rows } = await sql<LicenseGroupRow>`/* licenses.listGroups */
    select ${whole} from license_group g where ${matching(page.searchText)}
    order by ${sql.ref(page.column)} ${direction}, g.name limit ${page.limit} offset ${page.offset}`.execute(db);
  return rows;
}

/** How many groups the same search finds. */
export async function countGroups(db: Db, searchText: string | undefined): Promise<number> {
  const { rows } = await sql<{ total: number }>`/* licenses.countGroups */
    select count(*)::int as total from license_group g where ${matching(searchText)}`.execute(db);
  return rows[0]?.total ?? 0;
}

function matching(searchText: string | undefined): RawBuilder<unknown> {
  if (searchText === undefined) return sql`true`;
  const pattern = `%${searchText.replaceAll(/[\\%_]/g, "\\$&")}%`;
  return sql`lower(g.name) like lower(${pattern})`;
}

/** One group by UUID. */
export async function readGroup(db: Db, uuid: string): Promise<LicenseGroupRow | undefined> {
  const { rows } = await sql<LicenseGroupRow>`/* licenses.readGroup */
    select ${whole} from license_group g where g.uuid = ${uuid}`.execute(db);
  return rows[0];
}

/** Adds a group without licences and risk; its UUID, undefined when its name is taken. */
export async function insertGroup(tx: Tx, name: string): Promise<string | undefined> {
  const { rows } = await sql<{ uuid: string }>`/* licenses.insertGroup */
    insert into license_group (name) values (${name}) on conflict (name) do nothing returning uuid`.execute(tx);
  return rows[0]?.uuid;
}

/** Renames a group, if there is one; 409 when another one has the name. */
export async function renameGroup(tx: Tx, uuid: string, name: string): Promise<void> {
  try {
    await sql`/* licenses.renameGroup */
      update license_group set name = ${name} where uuid = ${uuid}`.execute(tx);
  } catch (error) {
    throw isUniqueViolation(error) ? groupNameTaken() : error;
  }
}

/** Removes a group, not its licences; false when there is none. */
export async function deleteGroup(tx: Tx, uuid: string): Promise<boolean> {
  const { numAffectedRows } = await sql`/* licenses.deleteGroup */
    delete from license_group where uuid = ${uuid}`.execute(tx);
  return Number(numAffectedRows ?? 0n) > 0;
}

/** Row ids of a group and of a licence; null where there is none with this UUID. */
export async function findMembership(
  db: Db,
  { group, license }: { group: string; license: string },
): Promise<{ groupId: number | null; licenseRow: number | null }> {
  const { rows } = await sql<{ groupId: number | null; licenseRow: number | null }>`/* licenses.findMembership */
    select (select id from license_group where uuid = ${group}) as "groupId",
      (select id from license where uuid = ${license}) as "licenseRow"`.execute(db);
  return rows[0] ?? { groupId: null, licenseRow: null };
}

/** Puts a licence into a group; false when it is there, or one of both is gone by now. */
export async function insertMember(tx: Tx, groupId: number, licenseRow: number): Promise<boolean> {
  const { numAffectedRows } = await sql`/* licenses.insertMember */
    insert into license_group_member (group_id, license_row)
    select g.id, k.id from license_group g, license k where g.id = ${groupId} and k.id = ${licenseRow}
    on conflict do nothing`.execute(tx);
  return Number(numAffectedRows ?? 0n) > 0;
}

/** Takes a licence out of a group; false when it is not in there. */
export async function deleteMember(tx: Tx, groupId: number, licenseRow: number): Promise<boolean> {
  const { numAffectedRows } = await sql`/* licenses.deleteMember */
    delete from license_group_member where group_id = ${groupId} and license_row = ${licenseRow}`.execute(tx);
  return Number(numAffectedRows ?? 0n) > 0;
}

import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";
import { isUniqueViolation } from "../../../platform/db/index.ts";
import { projectNameTaken } from "../errors.ts";
import { type PortfolioScope, visibleProject } from "./scope.ts";

/** What the rest of the server needs to know about a project, and whether the asking scope sees it. */
export interface ProjectRef {
  id: number;
  uuid: string;
  name: string;
  version: string | null;
  active: boolean;
  isCollection: boolean;
  visible: boolean;
}

/** Finds a project by UUID whether or not the scope sees it; `visible` tells. */
export async function findProject(db: Db, scope: PortfolioScope, uuid: string): Promise<ProjectRef | undefined> {
  const { rows } = await sql<ProjectRef>`/* projects.find */
    select p.id, p.uuid, p.name, p.version, p.inactive_since is null as active,
      p.collection_logic is not null as "isCollection", ${visibleProject(scope, sql.ref("p.id"))} as visible
    from project p where p.uuid = ${uuid}`.execute(db);
  return rows[0];
}

/** By exact name and version; null is a version of its own. */
export async function findProjectByName(
  db: Db,
  scope: PortfolioScope,
  name: string,
  version: string | null,
): Promise<ProjectRef | undefined> {
  const sameVersion = version === null ? sql`p.version is null` : sql`p.version = ${version}`;
  const { rows } = await sql<ProjectRef>`/* projects.findByName */
    select p.id, p.uuid, p.name, p.version, p.inactive_since is null as active,
      p.collection_logic is not null as "isCollection", ${visibleProject(scope, sql.ref("p.id"))} as visible
    from project p where p.name = ${name} and ${sameVersion}`.execute(db);
  return rows[0];
}

/** The version of that name that is marked latest. */
export async function findLatestProject(db: Db, scope: PortfolioScope, name: string): Promise<ProjectRef | undefined> {
  const { rows } = await sql<ProjectRef>`/* projects.findLatest */
    select p.id, p.uuid, p.name, p.version, p.inactive_since is null as active,
      p.collection_logic is not null as "isCollection", ${visibleProject(scope, sql.ref("p.id"))} as visible
    from project p where p.name = ${name} and p.is_latest`.execute(db);
  return rows[0];
}

/** Columns of a project that people and BOMs set; undefined leaves a column as it is, null empties it. */
export interface ProjectColumns {
  name?: string | undefined;
  version?: string | null | undefined;
  group_name?: string | null | undefined;
  description?: string | null | undefined;
  classifier?: string | null | undefined;
  cpe?: string | null | undefined;
  purl?: string | null | undefined;
  swid_tag_id?: string | null | undefined;
  publisher?: string | null | undefined;
  authors?: unknown;
  supplier?: unknown;
  manufacturer?: unknown;
  external_references?: unknown;
  metadata?: unknown;
  collection_logic?: string | null | undefined;
  collection_tag_id?: number | null | undefined;
  is_latest?: boolean | undefined;
  last_bom_import_format?: string | undefined;
}

const JSON_COLUMNS = new Set(["authors", "supplier", "manufacturer", "external_references", "metadata"]);

function columnValue([column, value]: [string, unknown]) {
  if (JSON_COLUMNS.has(column)) return sql`${value === null ? null : JSON.stringify(value)}::jsonb`;
  return sql`${value}`;
}

function givenColumns(columns: ProjectColumns): [string, unknown][] {
  return Object.entries(columns).filter(([, value]) => value !== undefined);
}

/** Inserts one project; undefined when name and version are taken. Hierarchy rows follow separately. */
export async function insertProject(
  tx: Tx,
  columns: ProjectColumns & { name: string },
  place: { parentId: number | null; active: boolean },
): Promise<{ id: number; uuid: string } | undefined> {
  const given = givenColumns(columns);
  const names = sql.join(given.map(([column]) => sql.ref(column)));
  const values = sql.join(given.map(columnValue));
  const { rows } = await sql<{ id: number; uuid: string }>`/* projects.insert */
    insert into project (${names}, parent_id, inactive_since)
    values (${values}, ${place.parentId}, case when ${place.active}::boolean then null else now() end)
    on conflict do nothing returning id, uuid`.execute(tx);
  return rows[0];
}

/** Changes columns of one project. Throws the conflict of a taken name and version, which ends the transaction. */
export async function updateProject(tx: Tx, id: number, columns: ProjectColumns): Promise<void> {
  const given = givenColumns(columns);
  if (given.length === 0) return;
  const assignments = sql.join(given.map((entry) => sql`${sql.ref(entry[0])} = ${columnValue(entry)}`));
  try {
    await sql`/* projects.update */ update project set ${assignments} where id = ${id}`.execute(tx);
  } catch (error) {
    throw isUniqueViolation(error) ? projectNameTaken() : error;
  }
}

/** Sets or clears the moment since which a project is inactive; true when that changed anything. */
export async function setActive(tx: Tx, id: number, active: boolean): Promise<boolean> {
  const { numAffectedRows } = await sql`/* projects.setActive */
    update project set inactive_since = case when ${active}::boolean then null else now() end
    where id = ${id} and (inactive_since is null) <> ${active}::boolean`.execute(tx);
  return numAffectedRows === 1n;
}

/** Whether any direct child is active. */
export async function hasActiveChildren(tx: Tx, id: number): Promise<boolean> {
  const { rows } = await sql`/* projects.hasActiveChildren */
    select 1 from project where parent_id = ${id} and inactive_since is null limit 1`.execute(tx);
  return rows.length > 0;
}

const LATEST_LOCK_CLASS = 0x45565054;

/** One transaction at a time moves the latest flag of a name; the lock ends with the transaction. */
export async function lockLatestOf(tx: Tx, name: string): Promise<void> {
  await sql`/* projects.lockLatest */ select pg_advisory_xact_lock(${LATEST_LOCK_CLASS}, hashtext(${name}))`.execute(
    tx,
  );
}

/** Takes the latest flag from whichever project of that name has it. Call lockLatestOf before. */
export async function clearLatest(tx: Tx, name: string): Promise<void> {
  await sql`/* projects.clearLatest */ update project set is_latest = false where name = ${name} and is_latest`.execute(
    tx,
  );
}

/** A project that is locked. */
export interface LockedProject {
  uuid: string;
  name: string;
  version: string | null;
  bomDigest: Buffer | null;
}

/** Locks a project row against other writers of its columns (not against key shares of new components). */
export async function lockProject(tx: Tx, id: number): Promise<LockedProject | undefined> {
  const { rows } = await sql<LockedProject>`/* projects.lock */
    select uuid, name, version, bom_digest as "bomDigest" from project where id = ${id} for no key update`.execute(tx);
  return rows[0];
}

/** The same without waiting: undefined also when somebody else has it locked. */
export async function lockFreeProject(tx: Tx, id: number): Promise<LockedProject | undefined> {
  const { rows } = await sql<LockedProject>`/* projects.lockFree */
    select uuid, name, version, bom_digest as "bomDigest" from project where id = ${id} for no key update skip locked`.execute(
    tx,
  );
  return rows[0];
}

/** Digest of the inventory that was imported last; null before the first, undefined when the project is gone. */
export async function inventoryDigestOf(db: Db, id: number): Promise<Buffer | null | undefined> {
  const { rows } = await sql<{ digest: Buffer | null }>`/* projects.inventoryDigest */
    select bom_digest as digest from project where id = ${id}`.execute(db);
  return rows[0]?.digest;
}

/** Records how many components a project has and the digest of its inventory. */
export async function recordInventory(tx: Tx, id: number, digest: Uint8Array, componentCount: number): Promise<void> {
  await sql`/* projects.recordInventory */
    update project set bom_digest = ${Buffer.from(digest)}, component_count = ${componentCount} where id = ${id}`.execute(
    tx,
  );
}

/** Records that a BOM was imported just now. */
export async function recordBomImported(tx: Tx, id: number, format: string): Promise<void> {
  await sql`/* projects.recordBomImported */
    update project set last_bom_import = now(), last_bom_import_format = ${format} where id = ${id}`.execute(tx);
}

/** Project with all descendants, deepest first. */
export async function subtreeDeepestFirst(db: Db, ids: readonly number[]): Promise<{ id: number; depth: number }[]> {
  const { rows } = await sql<{ id: number; depth: number }>`/* projects.subtree */
    select child_id as id, max(depth)::int as depth from project_hierarchy where parent_id = any(${[...ids]}::int[])
    group by child_id order by depth desc, id`.execute(db);
  return rows;
}

/** Deletes projects; everything that belongs to them goes with them. Locks rows in id order. */
export async function deleteProjects(tx: Tx, ids: readonly number[]): Promise<number> {
  const { numAffectedRows } = await sql`/* projects.delete */
    with doomed as materialized (select id from project where id = any(${[...ids]}::int[]) order by id for update)
    delete from project where id in (select id from doomed)`.execute(tx);
  return Number(numAffectedRows ?? 0n);
}

/** Row ids of those of the given projects that the scope sees. */
export async function visibleIdsOf(db: Db, scope: PortfolioScope, uuids: readonly string[]): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`/* projects.visibleIds */
    select p.id from project p where p.uuid = any(${[...uuids]}::uuid[]) and ${visibleProject(scope, sql.ref("p.id"))}
    order by p.id`.execute(db);
  return rows.map(({ id }) => id);
}

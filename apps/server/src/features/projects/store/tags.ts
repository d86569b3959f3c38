import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";
import { type PortfolioScope, visibleProject } from "./scope.ts";

/** A tag can vanish between being made sure of and being locked: when it was unused until then. */
const ATTEMPTS_MAX = 5;

/**
 * Row ids of tags by name, created where missing; in name order, so that two creators never wait for each other. They stay
 * until the transaction ends, used or not.
 */
export async function ensureTags(tx: Tx, names: readonly string[]): Promise<Map<string, number>> {
  if (names.length === 0) return new Map();
  const sorted = [...new Set(names)].sort();
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    await sql`/* projects.ensureTags */
      insert into tag (name) select n from unnest(${sorted}::text[]) with ordinality as t(n, o)
      where not exists (select 1 from tag where tag.name = n) order by o on conflict (name) do nothing`.execute(tx);
    const { rows } = await sql<{ id: number; name: string }>`/* projects.tagIds */
      select id, name from tag where name = any(${sorted}::text[]) order by name for key share`.execute(tx);
    if (rows.length === sorted.length) return new Map(rows.map(({ id, name }) => [name, id]));
  }
  throw new Error(`tags were deleted ${ATTEMPTS_MAX} times while they were about to be used`);
}

const unused = sql`not exists (select 1 from project_tag pt where pt.tag_id = t.id)
  and not exists (select 1 from vulnerability_tag vt where vt.tag_id = t.id)
  and not exists (select 1 from project p where p.collection_tag_id = t.id)`;

/** Locks tags nothing refers to, after `afterId`, ascending; those somebody is about to use are passed over. */
export async function lockUnusedTags(tx: Tx, afterId: number, limit: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`/* projects.lockUnusedTags */
    select t.id from tag t where t.id > ${afterId} and ${unused}
    order by t.id limit ${limit} for update of t skip locked`.execute(tx);
  return rows.map(({ id }) => id);
}

/** Deletes those of the locked tags that nothing refers to. */
export async function deleteUnusedTags(tx: Tx, ids: readonly number[]): Promise<number> {
  const { numAffectedRows } = await sql`/* projects.deleteUnusedTags */
    delete from tag t where t.id = any(${[...ids]}::int[]) and ${unused}`.execute(tx);
  return Number(numAffectedRows ?? 0n);
}

/** Makes these the tags of a project; true when that changed anything. */
export async function replaceTags(tx: Tx, projectId: number, tagIds: readonly number[]): Promise<boolean> {
  const { rows } = await sql<{ changed: boolean }>`/* projects.replaceTags */
    with gone as (delete from project_tag where project_id = ${projectId} and tag_id <> all(${[...tagIds]}::int[]) returning 1),
    added as (insert into project_tag (project_id, tag_id) select ${projectId}, t from unnest(${[...tagIds]}::int[]) t
      on conflict do nothing returning 1)
    select exists (select 1 from gone) or exists (select 1 from added) as changed`.execute(tx);
  return rows[0]?.changed === true;
}

/** Names of a project's tags, in order. */
export async function tagsOf(db: Db, projectId: number): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`/* projects.tagsOf */
    select t.name from project_tag pt join tag t on t.id = pt.tag_id where pt.project_id = ${projectId} order by t.name`.execute(
    db,
  );
  return rows.map(({ name }) => name);
}

/** A tag, and how many visible projects and how many vulnerabilities carry it. */
export interface TagRow {
  name: string;
  project_count: number;
  collection_project_count: number;
  vulnerability_count: number;
}

/** One page of all tags, by name. */
export async function listTags(
  db: Db,
  scope: PortfolioScope,
  page: { offset: number; limit: number; descending: boolean; searchText: string | undefined },
): Promise<{ rows: TagRow[]; total: number }> {
  const pattern = `%${(page.searchText ?? "").replaceAll(/[\\%_]/g, "\\$&")}%`;
  const visible = visibleProject(scope, sql.ref("pt.project_id"));
  const direction = page.descending ? sql`desc` : sql`asc`;
  const { rows } = await sql<TagRow>`/* projects.listTags */
    select t.name,
      (select count(*) from project_tag pt where pt.tag_id = t.id and ${visible})::int as project_count,
      (select count(*) from project p where p.collection_tag_id = t.id
        and ${visibleProject(scope, sql.ref("p.id"))})::int as collection_project_count,
      (select count(*) from vulnerability_tag vt where vt.tag_id = t.id)::int as vulnerability_count
    from tag t where t.name ilike ${pattern}
    order by t.name ${direction} limit ${page.limit} offset ${page.offset}`.execute(db);
  const { rows: counts } = await sql<{ total: number }>`/* projects.countTags */
    select count(*)::int as total from tag t where t.name ilike ${pattern}`.execute(db);
  return { rows, total: counts[0]?.total ?? 0 };
}

import type { HashMember } from "@evertrack/contract/v1/component";
import { type RawBuilder, sql } from "kysely";
import type { Db } from "../../../platform/db/index.ts";
import { type PortfolioScope, visibleProject } from "../../projects/index.ts";
import { beginningWith, containing } from "./conditions.ts";
import { type ComponentRow, presented, shownWith } from "./presented.ts";

/** A hash in either letter case, by any of these algorithms. */
export interface SearchedHash {
  value: string;
  members: readonly HashMember[];
  /** No component waits for its details to be brought along any more: those need not be read one after the other. */
  detailsComplete: boolean;
}

/** What components of the portfolio are looked for by; all given ones must hold. Texts in any letter case. */
export interface SearchFilter {
  groupContains?: string | undefined;
  nameContains?: string | undefined;
  versionContains?: string | undefined;
  purlPrefix?: string | undefined;
  cpe?: string | undefined;
  swidTagIdContains?: string | undefined;
  hash?: SearchedHash | undefined;
  projectId?: number | undefined;
  projectActive?: boolean | undefined;
  projectLatest?: boolean | undefined;
}

/** Columns a search can be ordered by, as clients of v1 name them. */
export const SEARCH_SORT_COLUMNS = {
  name: "i.name",
  group: "i.group_name",
  version: "i.version",
  purl: "i.purl",
  cpe: "i.cpe",
} as const;

interface SearchPage {
  column: (typeof SEARCH_SORT_COLUMNS)[keyof typeof SEARCH_SORT_COLUMNS];
  descending: boolean;
  offset: number;
  limit: number;
}

/** One page of the components a search finds within a scope. */
export async function searchComponents(
  db: Db,
  scope: PortfolioScope,
  filter: SearchFilter,
  { column, descending, offset, limit }: SearchPage,
): Promise<ComponentRow[]> {
  const direction = descending ? sql`desc nulls last` : sql`asc nulls last`;
  const order = sql`order by ${sql.ref(column)} ${direction}, i.name, i.id, c.project_id`;
  const { rows } = await sql<ComponentRow>`/* components.search */
    with page as materialized (
      select c.project_id, c.identity_id from ${searched(filter)} where ${searchConditions(scope, filter)}
      ${order} limit ${limit} offset ${offset})
    ${presented} from page
      join component c on c.project_id = page.project_id and c.identity_id = page.identity_id
      ${shownWith}
    ${order}`.execute(db);
  return rows;
}

/** How many components a search finds within a scope; `max` + 1 stands for more than `max`. */
export async function countSearched(db: Db, scope: PortfolioScope, filter: SearchFilter, max: number): Promise<number> {
  const { rows } = await sql<{ total: number }>`/* components.countSearched */
    select count(*)::int as total from (
      select 1 from ${searched(filter)} where ${searchConditions(scope, filter)} limit ${max + 1}) as found`.execute(
    db,
  );
  return rows[0]?.total ?? 0;
}

/**
 * What a search reads: projects only where they are asked about. Components with a hash are few, which the planner does not know:
 * `offset 0` has them looked up by themselves, before anything is sorted.
 */
export function searched({ hash, projectActive, projectLatest }: SearchFilter): RawBuilder<unknown> {
  const components = hash === undefined ? sql`component c` : sql`(${withHash(hash)} offset 0) c`;
  const identities = sql`component_identity i join ${components} on c.identity_id = i.id`;
  if (projectActive === undefined && projectLatest === undefined) return identities;
  return sql`${identities} join project p on p.id = c.project_id`;
}

/** The filter and THE portfolio condition, over what `searched` reads. */
export function searchConditions(scope: PortfolioScope, filter: SearchFilter): RawBuilder<unknown> {
  const all: RawBuilder<unknown>[] = [visibleProject(scope, sql.ref("c.project_id")), ...identityConditions(filter)];
  const { projectId, projectActive, projectLatest } = filter;
  if (projectId !== undefined) all.push(sql`c.project_id = ${projectId}`);
  if (projectActive !== undefined) all.push(sql`(p.inactive_since is null) = ${projectActive}::boolean`);
  if (projectLatest !== undefined) all.push(sql`p.is_latest = ${projectLatest}::boolean`);
  return sql.join(all, sql` and `);
}

function identityConditions(filter: SearchFilter): RawBuilder<unknown>[] {
  const { groupContains, nameContains, versionContains, swidTagIdContains, purlPrefix, cpe } = filter;
  const all: RawBuilder<unknown>[] = [];
  if (groupContains !== undefined) all.push(sql`lower(i.group_name) like ${containing(groupContains)}`);
  if (nameContains !== undefined) all.push(sql`lower(i.name) like ${containing(nameContains)}`);
  if (versionContains !== undefined) all.push(sql`lower(i.version) like ${containing(versionContains)}`);
  if (swidTagIdContains !== undefined) all.push(sql`lower(i.swid_tag_id) like ${containing(swidTagIdContains)}`);
  if (purlPrefix !== undefined) all.push(sql`i.purl is not null and lower(i.purl) like ${beginningWith(purlPrefix)}`);
  if (cpe !== undefined) all.push(sql`i.cpe is not null and lower(i.cpe) = lower(${cpe} collate "C")`);
  return all;
}

/**
 * Components with a hash, by their details; until the upgrade is finalized also those the backfill has not come to yet, by a column of
 * their own, one after the other. Not beyond that: releases of PostgreSQL before 17 would read every component to find none.
 */
function withHash(hash: SearchedHash): RawBuilder<unknown> {
  const complete = sql`select c.project_id, c.identity_id from component_detail d join component c on c.detail_id = d.id
    where ${hashCondition(sql`d.content`, hash)}`;
  if (hash.detailsComplete) return complete;
  return sql`${complete}
    union all select c.project_id, c.identity_id from component c
      where c.detail_id is null and ${hashCondition(sql`(to_jsonb(c) -> 'detail')`, hash)}`;
}

/** BOMs write hashes in either case, and they are kept as they are written. */
function hashCondition(content: RawBuilder<unknown>, { value, members }: SearchedHash): RawBuilder<unknown> {
  const spellings = [...new Set([value, value.toLowerCase(), value.toUpperCase()])];
  const either = members.flatMap((member) =>
    spellings.map((spelling) => sql`${content} -> 'hashes' @> ${JSON.stringify({ [member]: spelling })}::jsonb`),
  );
  return sql`(${content} ? 'hashes' and (${sql.join(either, sql` or `)}))`;
}

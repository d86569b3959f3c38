import { type RawBuilder, sql } from "kysely";
import type { Db } from "../../../platform/db/index.ts";
import { type PortfolioScope, visibleProject } from "./scope.ts";

/** A project with everything its JSON shows. */
export interface ProjectRow {
  id: number;
  uuid: string;
  group_name: string | null;
  name: string;
  version: string | null;
  description: string | null;
  classifier: string | null;
  cpe: string | null;
  purl: string | null;
  swid_tag_id: string | null;
  publisher: string | null;
  authors: unknown;
  supplier: unknown;
  manufacturer: unknown;
  external_references: unknown;
  metadata: unknown;
  collection_logic: string | null;
  collection_tag: string | null;
  is_latest: boolean;
  inactive_since: Date | null;
  last_bom_import: Date | null;
  last_bom_import_format: string | null;
  last_vulnerability_analysis: Date | null;
  last_risk_score: number | null;
  parent: { uuid: string; name: string; version: string | null } | null;
  tags: string[];
  has_children: boolean;
}

/** What a list of projects may be narrowed by; all given ones must hold. */
export interface ProjectFilter {
  name?: string | undefined;
  excludeInactive?: boolean | undefined;
  onlyRoot?: boolean | undefined;
  tag?: string | undefined;
  classifier?: string | undefined;
  parentId?: number | undefined;
  /** Teams' own access, not what they have through a parent. */
  teamId?: number | undefined;
  notTeamUuid?: string | undefined;
  searchText?: string | undefined;
}

/** Columns a list can be ordered by, as clients name them. */
export const PROJECT_SORT_COLUMNS = {
  name: "name",
  version: "version",
  group: "group_name",
  classifier: "classifier",
  isLatest: "is_latest",
  lastBomImport: "last_bom_import",
  lastBomImportFormat: "last_bom_import_format",
  lastInheritedRiskScore: "last_risk_score",
  lastVulnerabilityAnalysis: "last_vulnerability_analysis",
  inactiveSince: "inactive_since",
} as const;

/** One page: which rows, in which order. */
export interface ProjectPage {
  column: (typeof PROJECT_SORT_COLUMNS)[keyof typeof PROJECT_SORT_COLUMNS];
  descending: boolean;
  offset: number;
  limit: number;
}

/**
 * Reads one page and counts all. Narrowed lists are counted in the same pass over the candidates; the whole portfolio is
 * counted apart, because its page stops early along an index. Only the rows of the page are joined with tags and parents.
 */
export async function listProjects(
  db: Db,
  scope: PortfolioScope,
  filter: ProjectFilter,
  page: ProjectPage,
): Promise<{ rows: ProjectRow[]; total: number }> {
  const narrowed = !scope.all || Object.values(filter).some((value) => value !== undefined);
  const total = narrowed ? sql`count(*) over ()` : sql`null::bigint`;
  const [{ rows }, whole] = await Promise.all([
    sql<ProjectRow & { total: number | null }>`/* projects.list */
    with page as materialized (
      select p.id, ${total} as total from project p
      where ${conditions(scope, filter)} ${orderOf(page)} limit ${page.limit} offset ${page.offset})
    select ${presented(scope)}, page.total from page join project p on p.id = page.id ${orderOf(page)}`.execute(db),
    narrowed ? undefined : countProjects(db, scope, filter),
  ]);
  const counted = whole ?? rows[0]?.total ?? (page.offset === 0 ? 0 : await countProjects(db, scope, filter));
  return { rows, total: counted };
}

/** How many projects a filter finds. */
async function countProjects(db: Db, scope: PortfolioScope, filter: ProjectFilter): Promise<number> {
  const { rows } = await sql<{ total: number }>`/* projects.count */
    select count(*)::int as total from project p where ${conditions(scope, filter)}`.execute(db);
  return rows[0]?.total ?? 0;
}

/** One project by row id, seen from a scope. */
export async function readProject(db: Db, scope: PortfolioScope, id: number): Promise<ProjectRow | undefined> {
  const { rows } = await sql<ProjectRow>`/* projects.read */
    select ${presented(scope)} from project p where p.id = ${id}`.execute(db);
  return rows[0];
}

/** The versions of a name that the scope sees. */
export interface VersionRow {
  uuid: string;
  version: string | null;
  active: boolean;
  is_latest: boolean;
}

/** Visible versions of a name, newest first, at most `limit`. */
export async function listVersions(db: Db, scope: PortfolioScope, name: string, limit: number): Promise<VersionRow[]> {
  const { rows } = await sql<VersionRow>`/* projects.listVersions */
    select p.uuid, p.version, p.inactive_since is null as active, p.is_latest from project p
    where p.name = ${name} and ${visibleProject(scope, sql.ref("p.id"))} order by p.id desc limit ${limit}`.execute(db);
  return rows;
}

/** What the JSON of a project `p` shows; a parent that the scope does not see is not shown. */
function presented(scope: PortfolioScope): RawBuilder<unknown> {
  return sql`p.id, p.uuid, p.group_name, p.name, p.version, p.description, p.classifier, p.cpe, p.purl, p.swid_tag_id,
      p.publisher, p.authors, p.supplier, p.manufacturer, p.external_references, p.metadata, p.collection_logic,
      (select t.name from tag t where t.id = p.collection_tag_id) as collection_tag,
      p.is_latest, p.inactive_since, p.last_bom_import, p.last_bom_import_format, p.last_vulnerability_analysis,
      p.last_risk_score,
      (select jsonb_build_object('uuid', u.uuid, 'name', u.name, 'version', u.version) from project u
        where u.id = p.parent_id and ${visibleProject(scope, sql.ref("u.id"))}) as parent,
      coalesce((select jsonb_agg(t.name order by t.name) from project_tag pt join tag t on t.id = pt.tag_id
        where pt.project_id = p.id), '[]') as tags,
      exists (select 1 from project c where c.parent_id = p.id) as has_children`;
}

function conditions(scope: PortfolioScope, filter: ProjectFilter): RawBuilder<unknown> {
  const all: RawBuilder<unknown>[] = [visibleProject(scope, sql.ref("p.id"))];
  if (filter.name !== undefined) all.push(sql`p.name = ${filter.name}`);
  if (filter.excludeInactive) all.push(sql`p.inactive_since is null`);
  if (filter.onlyRoot) all.push(sql`p.parent_id is null`);
  if (filter.classifier !== undefined) all.push(sql`p.classifier = ${filter.classifier}`);
  if (filter.parentId !== undefined) all.push(sql`p.parent_id = ${filter.parentId}`);
  if (filter.searchText !== undefined)
    all.push(sql`lower(p.name) like lower(${containing(filter.searchText)} collate "C")`);
  if (filter.tag !== undefined)
    all.push(sql`exists (select 1 from project_tag pt join tag t on t.id = pt.tag_id
      where pt.project_id = p.id and t.name = ${filter.tag})`);
  if (filter.teamId !== undefined)
    all.push(
      sql`exists (select 1 from project_access_team x where x.project_id = p.id and x.team_id = ${filter.teamId})`,
    );
  if (filter.notTeamUuid !== undefined)
    all.push(sql`not exists (select 1 from project_access_team x join team m on m.id = x.team_id
      where x.project_id = p.id and m.uuid = ${filter.notTeamUuid})`);
  return sql.join(all, sql` and `);
}

/** Ties are broken by version and id, so that pages never overlap; empty values come last. */
function orderOf({ column, descending }: ProjectPage): RawBuilder<unknown> {
  const nullable = column !== "name" && column !== "is_latest";
  const first = sql`${sql.ref(`p.${column}`)} ${descending ? sql`desc` : sql`asc`}${nullable ? sql` nulls last` : sql``}`;
  const name = column === "name" ? sql`` : sql`, p.name`;
  return sql`order by ${first}${name}, p.version desc, p.id desc`;
}

/** A LIKE pattern that finds the text literally. Folding it once is cheaper than ILIKE, which folds it for every row. */
function containing(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`;
}

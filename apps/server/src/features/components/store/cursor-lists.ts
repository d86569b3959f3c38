import { type RawBuilder, sql } from "kysely";
import type { Db } from "../../../platform/db/index.ts";
import type { PortfolioScope } from "../../projects/index.ts";
import { anyContains, directOnly } from "./conditions.ts";
import { arrayOf, type InventoryOrder, readInOrder } from "./orders.ts";
import { type ComponentRow, presented, shownWith } from "./presented.ts";
import { type SearchFilter, searchConditions, searched } from "./search.ts";

/** What lists with page tokens are ordered by. Ties are broken by name, identity and project, in the same direction. */
export type CursorSort = "name" | "group" | "risk";

/** Where a page ended. */
export interface CursorPlace {
  /** The group or the score; null when there is none, and when the list is ordered by name alone. */
  key: string | number | null;
  name: string;
  id: number;
  project: number;
}

/** One page after a place. */
export interface CursorPage {
  sort: CursorSort;
  descending: boolean;
  after: CursorPlace | undefined;
  limit: number;
  /** Needed to order by risk. */
  scores: Scores | undefined;
}

/** Subqueries of scores: by identity, and those of single components, which go before. */
export interface Scores {
  byIdentity: RawBuilder<unknown>;
  exceptions?: RawBuilder<unknown>;
}

/** A row with the value it is ordered by. */
export type CursorRow = ComponentRow & { sort_key: string | number | null };

/** Which components of a project a list shows. */
export interface ProjectListFilter {
  /** In group or name. */
  text: string | undefined;
  onlyDirect: boolean;
}

/** The order of a project's components pages are taken from: by name within group, score or nothing else. */
export function projectOrder(
  projectId: number,
  filter: ProjectListFilter,
  { sort, descending }: Pick<CursorPage, "sort" | "descending">,
): InventoryOrder {
  const { text, onlyDirect } = filter;
  const first = sort === "group" ? sort : "name";
  return {
    name: JSON.stringify(["cursor", first, descending, text, onlyDirect]),
    conditions: projectConditions(projectId, filter),
    orderBy: columnsOf(first, descending, KEYS[first]),
  };
}

/** A component of a page by its score. */
export interface ScoredComponent {
  id: number;
  score: number;
}

/** A page by score of the components an order has, which ties go by. `position` is where the place stands in it, from 1. */
export async function pageByScore(
  db: Db,
  order: Int32Array,
  { descending, after, position, limit, scores }: CursorPage & { position: number },
): Promise<ScoredComponent[]> {
  const direction = descending ? sql`desc` : sql`asc`;
  const beyond = descending ? sql`<` : sql`>`;
  const score = sql`coalesce(r.score, 0)`;
  const key = sql`${after?.key ?? 0}::float8`;
  const following =
    after === undefined
      ? sql`true`
      : sql`(${score} ${beyond} ${key} or (${score} = ${key} and o.position > ${position}))`;
  const { rows } = await sql<ScoredComponent>`/* components.pageByScore */
    select o.id, ${score} as score from unnest(${arrayOf(order)}::int[]) with ordinality as o(id, position)
      left join (${scores?.byIdentity}) r on r.identity_id = o.id
    where ${following} order by 2 ${direction}, o.position limit ${limit}`.execute(db);
  return rows;
}

/** Components of a project as an order names them. */
export function pageInOrder(db: Db, projectId: number, ids: Int32Array, sort: CursorSort): Promise<CursorRow[]> {
  return readInOrder<CursorRow>(db, projectId, ids, sql`, ${KEYS[sort === "group" ? sort : "name"]} as sort_key`);
}

/** One page of a project's components after a place whose component is gone. */
export function projectPage(
  db: Db,
  projectId: number,
  filter: ProjectListFilter,
  page: CursorPage,
): Promise<CursorRow[]> {
  return readPage(db, PROJECT_TABLES, projectConditions(projectId, filter), page);
}

const PROJECT_TABLES: RawBuilder<unknown> = sql`component c join component_identity i on i.id = c.identity_id`;

function projectConditions(projectId: number, { text, onlyDirect }: ProjectListFilter): RawBuilder<unknown> {
  const all: RawBuilder<unknown>[] = [sql`c.project_id = ${projectId}`];
  if (text !== undefined) all.push(anyContains(["i.group_name", "i.name"], text));
  if (onlyDirect) all.push(directOnly(projectId));
  return sql.join(all, sql` and `);
}

/** One page of the components a search finds within a scope. */
export function portfolioPage(
  db: Db,
  scope: PortfolioScope,
  filter: SearchFilter,
  page: CursorPage,
): Promise<CursorRow[]> {
  return readPage(db, searched(filter), searchConditions(scope, filter), page);
}

/** Only the rows of the page are joined with what is shown of them. */
async function readPage(
  db: Db,
  tables: RawBuilder<unknown>,
  conditions: RawBuilder<unknown>,
  page: CursorPage,
): Promise<CursorRow[]> {
  const scores = page.sort === "risk" ? joined(page.scores) : sql``;
  const key = KEYS[page.sort];
  const { rows } = await sql<CursorRow>`/* components.cursorPage */
    with page as materialized (
      select c.project_id, c.identity_id, ${key} as sort_key from ${tables} ${scores}
      where ${conditions} and ${following(page)} ${orderBy(page, key)} limit ${page.limit})
    ${presented}, page.sort_key from page
      join component c on c.project_id = page.project_id and c.identity_id = page.identity_id
      ${shownWith}
    ${orderBy(page, sql`page.sort_key`)}`.execute(db);
  return rows;
}

const NO_EXCEPTIONS: RawBuilder<unknown> = sql`select null::int as project_id, null::int as identity_id, null::float8 as score where false`;

function joined(scores: Scores | undefined): RawBuilder<unknown> {
  return sql`left join (${scores?.byIdentity}) r on r.identity_id = c.identity_id
    left join (${scores?.exceptions ?? NO_EXCEPTIONS}) x on x.project_id = c.project_id and x.identity_id = c.identity_id`;
}

const KEYS: Readonly<Record<CursorSort, RawBuilder<unknown>>> = {
  name: sql`null::text`,
  group: sql`i.group_name`,
  risk: sql`coalesce(x.score, r.score, 0)`,
};

function orderBy({ sort, descending }: CursorPage, key: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`order by ${columnsOf(sort, descending, key)}, c.project_id ${descending ? sql`desc` : sql`asc`}`;
}

function columnsOf(sort: CursorSort, descending: boolean, key: RawBuilder<unknown>): RawBuilder<unknown> {
  const direction = descending ? sql`desc` : sql`asc`;
  const first = sort === "name" ? sql`` : sql`${key} ${direction} nulls last, `;
  return sql`${first}i.name ${direction}, i.id ${direction}`;
}

/** What comes after a place. Empty keys come last in either direction. */
function following({ sort, descending, after }: CursorPage): RawBuilder<unknown> {
  if (after === undefined) return sql`true`;
  const beyond = descending ? sql`<` : sql`>`;
  const ties = sql`(i.name, i.id, c.project_id) ${beyond} (${after.name}, ${after.id}::int, ${after.project}::int)`;
  if (sort === "name") return ties;
  const key = KEYS[sort];
  if (after.key === null) return sql`(${key} is null and ${ties})`;
  const type = sort === "risk" ? sql`::float8` : sql`::text`;
  return sql`(${key} ${beyond} ${after.key}${type} or ${key} is null or (${key} = ${after.key}${type} and ${ties}))`;
}

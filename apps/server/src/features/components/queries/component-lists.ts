import type { componentsQuery, projectComponentsQuery } from "@evertrack/contract/v2/components";
import { HASH_TYPES, type ListComponentsResponse } from "@evertrack/contract/v2/components";
import { formatPurl, PurlError, parsePurl } from "@evertrack/matching";
import { z } from "zod";
import {
  AppError,
  decodePageToken,
  encodePageToken,
  type InvalidRequest,
  type Principal,
} from "../../../platform/http/index.ts";
import { portfolioScopeOf, requireProject } from "../../projects/index.ts";
import { type ComponentsDeps, DETAIL_REMOVAL_GATE } from "../deps.ts";
import { invalidMember } from "../errors.ts";
import { complete } from "../inventory-orders.ts";
import { componentItem, portfolioItem } from "../rules/component-item.ts";
import type { ComponentKey } from "../store/component-risk.ts";
import {
  type CursorPage,
  type CursorPlace,
  type CursorRow,
  type CursorSort,
  type ProjectListFilter,
  pageByScore,
  pageInOrder,
  portfolioPage,
  projectOrder,
  projectPage,
} from "../store/cursor-lists.ts";
import { countSearched, type SearchFilter } from "../store/search.ts";

type ProjectQuery = z.output<typeof projectComponentsQuery>;
type PortfolioQuery = z.output<typeof componentsQuery>;

/** Counting stops here; a project as large as that is answered with AT_LEAST. */
const PROJECT_COUNT_MAX = 100_000;
const PORTFOLIO_COUNT_MAX = 10_000;

/** Dates of publication are not known yet: such lists are ordered by name. */
const PROJECT_SORTS: Readonly<Record<string, CursorSort>> = {
  name: "name",
  group: "group",
  last_inherited_risk_score: "risk",
  "package_artifact_metadata.published_at": "name",
};
const PORTFOLIO_SORTS: Readonly<Record<string, CursorSort>> = {
  name: "name",
  group: "group",
  last_inherited_risk_score: "risk",
};

const EMPTY: ListComponentsResponse = { items: [], total: { count: 0, type: "EXACT" } };

/** A page of a project's components. Nothing is known to be outdated before packages are looked up. */
export async function listProjectComponents(
  deps: ComponentsDeps,
  principal: Principal,
  projectUuid: string,
  query: ProjectQuery,
): Promise<ListComponentsResponse> {
  const project = await requireProject(deps, principal, projectUuid);
  const order = orderOf(query, PROJECT_SORTS);
  if (query.only_outdated) return EMPTY;
  const filter = { text: query.q, onlyDirect: query.only_direct === true };
  const byIdentity = order.sort === "risk" ? await deps.risk?.scoresIn(project.id) : undefined;
  const page = pageAfter(order, query.limit, byIdentity && { byIdentity });
  const { rows, count } = await complete(deps.orders, project.id, () => readPage(deps, project.id, filter, page));
  return answer(deps, { rows, count, countMax: PROJECT_COUNT_MAX, order, query, item: componentItem });
}

/** A page out of the order the project's components have; `wanted` are the rows it has to have. */
async function readPage(deps: ComponentsDeps, projectId: number, filter: ProjectListFilter, page: CursorPage) {
  const { db } = deps.database;
  const ids = await deps.orders.read(db, projectId, projectOrder(projectId, filter, page));
  const before = page.after === undefined ? 0 : ids.indexOf(page.after.id) + 1;
  const count = ids.length;
  if (page.after !== undefined && before === 0) {
    const rows = await projectPage(db, projectId, filter, page);
    return { rows, count, wanted: rows.length };
  }
  if (page.sort === "risk") {
    const scored = await pageByScore(db, ids, { ...page, position: before });
    const scores = new Map(scored.map(({ id, score }) => [id, score]));
    const found = await pageInOrder(db, projectId, Int32Array.from(scores.keys()), "name");
    const rows = found.map((row) => ({ ...row, sort_key: scores.get(row.identity_id) ?? 0 }));
    return { rows, count, wanted: scored.length };
  }
  const wanted = ids.subarray(before, before + page.limit);
  return { rows: await pageInOrder(db, projectId, wanted, page.sort), count, wanted: wanted.length };
}

/** A page of the components of the portfolio the caller sees. No date of publication is known, so none is in any period. */
export async function listComponents(
  deps: ComponentsDeps,
  principal: Principal,
  query: PortfolioQuery,
): Promise<ListComponentsResponse> {
  const order = orderOf(query, PORTFOLIO_SORTS);
  const filter = filterOf(query, deps.gateOpen(DETAIL_REMOVAL_GATE));
  if (query.package_artifact_published_since !== undefined || query.package_artifact_published_before !== undefined)
    return EMPTY;
  const { db } = deps.database;
  const scope = await portfolioScopeOf(deps.settings, principal);
  const scores = order.sort === "risk" ? await deps.risk?.scores() : undefined;
  const [rows, count] = await Promise.all([
    portfolioPage(db, scope, filter, pageAfter(order, query.limit, scores)),
    countSearched(db, scope, filter, PORTFOLIO_COUNT_MAX),
  ]);
  return answer(deps, { rows, count, countMax: PORTFOLIO_COUNT_MAX, order, query, item: portfolioItem });
}

function filterOf(query: PortfolioQuery, detailsComplete: boolean): SearchFilter {
  const { hash, hash_type: type, project_state: state } = query;
  return {
    groupContains: query.group_contains,
    nameContains: query.name_contains,
    versionContains: query.version_contains,
    purlPrefix: query.purl_prefix === undefined ? undefined : purlPrefixOf(query.purl_prefix, "purl_prefix"),
    cpe: query.cpe,
    swidTagIdContains: query.swid_tag_id_contains,
    hash:
      hash === undefined || type === undefined
        ? undefined
        : { value: hash, members: [HASH_TYPES[type]], detailsComplete },
    projectActive: state === undefined ? undefined : state === "ACTIVE",
    projectLatest: query.project_latest_version,
  };
}

/** In the canonical form, in which purls are stored. 400 for what no purl begins with. */
export function purlPrefixOf(text: string, path: string): string {
  try {
    return formatPurl(parsePurl(text, { mode: "lenient" }));
  } catch (error) {
    if (error instanceof PurlError) throw invalidMember(path, `is not a valid purl: ${error.message}`, text);
    throw error;
  }
}

interface Order {
  sort: CursorSort;
  descending: boolean;
  after: CursorPlace | undefined;
}

const place = z.object({
  sort: z.enum(["name", "group", "risk"]),
  descending: z.boolean(),
  key: z.union([z.string(), z.number(), z.null()]),
  name: z.string(),
  id: z.int32(),
  project: z.int32(),
});

/** A token knows its list's order; naming another one with it is a mistake. */
function orderOf(query: ProjectQuery | PortfolioQuery, sorts: Readonly<Record<string, CursorSort>>): Order {
  const sort = query.sort_by === undefined ? undefined : sortNamed(query.sort_by, sorts);
  const descending = query.sort_direction === undefined ? undefined : query.sort_direction === "DESC";
  if (query.page_token === undefined)
    return { sort: sort ?? "name", descending: descending ?? false, after: undefined };
  const { sort: begun, descending: downwards, ...after } = decodePageToken(place, query.page_token);
  if (sort !== undefined && sort !== begun) throw otherOrder("sort_by", query.sort_by);
  if (descending !== undefined && descending !== downwards) throw otherOrder("sort_direction", query.sort_direction);
  if (!fits(begun, after.key)) throw invalidMember("page_token", "is not a page token of this list", query.page_token);
  return { sort: begun, descending: downwards, after };
}

function fits(sort: CursorSort, key: CursorPlace["key"]): boolean {
  if (sort === "risk") return typeof key === "number";
  return sort === "name" ? key === null : typeof key !== "number";
}

function sortNamed(name: string, sorts: Readonly<Record<string, CursorSort>>): CursorSort {
  const sort = Object.hasOwn(sorts, name) ? sorts[name] : undefined;
  if (sort !== undefined) return sort;
  throw new AppError("invalid-sort-field", `The list cannot be sorted by "${name}"`, {
    extensions: { invalid_field: name, allowed_fields: Object.keys(sorts) },
  });
}

function otherOrder(path: string, invalidValue: unknown): InvalidRequest {
  return invalidMember(path, "is not the order of the list the page token belongs to", invalidValue);
}

/** One row more than the page tells whether there is another one. Without scores everything has the same. */
function pageAfter({ sort, ...order }: Order, limit: number, scores: CursorPage["scores"]): CursorPage {
  return { ...order, sort: sort === "risk" && scores === undefined ? "name" : sort, limit: limit + 1, scores };
}

interface Listed {
  rows: CursorRow[];
  count: number;
  countMax: number;
  order: Order;
  query: { limit: number; expand: ReadonlySet<string> };
  item: typeof componentItem;
}

async function answer(deps: ComponentsDeps, listed: Listed): Promise<ListComponentsResponse> {
  const { rows, count, countMax, order, query, item } = listed;
  const shown = rows.slice(0, query.limit);
  const last = rows.length > query.limit ? shown.at(-1) : undefined;
  const keys = shown.map(({ project_id: projectId, identity_id: identityId }) => ({ projectId, identityId }));
  const rated = (await deps.risk?.countsOf(deps.database.db, keys)) ?? [];
  const keyOf = ({ projectId, identityId }: ComponentKey) => `${projectId} ${identityId}`;
  const metrics = new Map(rated.map((component) => [keyOf(component), component.metrics]));
  return {
    items: shown.map((row, index) => {
      const key = keys[index];
      return item(row, { metrics: key && metrics.get(keyOf(key)), expand: query.expand });
    }),
    ...(last === undefined ? {} : { next_page_token: tokenAfter(order, last) }),
    total: count > countMax ? { count: countMax, type: "AT_LEAST" } : { count, type: "EXACT" },
  };
}

function tokenAfter({ sort, descending }: Order, row: CursorRow): string {
  const { sort_key: key, name, identity_id: id, project_id: project } = row;
  return encodePageToken({ sort, descending, key, name, id, project });
}

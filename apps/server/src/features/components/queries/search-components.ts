import { type componentIdentityQuery, HASH_MEMBERS, type HashMember } from "@evertrack/contract/v1/component";
import type { ComponentResponse } from "@evertrack/contract/v1/portfolio";
import type { z } from "zod";
import { type Page, type Principal, sortColumn } from "../../../platform/http/index.ts";
import { type LookupDeps, portfolioScopeOf, requireProject } from "../../projects/index.ts";
import { type ComponentsDeps, DETAIL_REMOVAL_GATE } from "../deps.ts";
import { componentJson } from "../rules/component-json.ts";
import { countSearched, SEARCH_SORT_COLUMNS, type SearchFilter, searchComponents } from "../store/search.ts";
import { purlPrefixOf } from "./component-lists.ts";

/** Counting stops here. */
const COUNT_MAX = 100_000;

interface Found {
  items: ComponentResponse[];
  total: number;
}

/** What searches work with. */
export type SearchDeps = LookupDeps & Pick<ComponentsDeps, "gateOpen">;

/** Components with a hash, whichever algorithm it is of. */
export async function findByHash(deps: SearchDeps, principal: Principal, hash: string, page: Page): Promise<Found> {
  const members = membersOfLength(hash.length);
  if (members.length === 0 || !/^[0-9a-f]+$/i.test(hash)) return { items: [], total: 0 };
  return find(
    deps,
    principal,
    { hash: { value: hash, members, detailsComplete: deps.gateOpen(DETAIL_REMOVAL_GATE) } },
    page,
  );
}

const DIGITS: Readonly<Record<string, number>> = { md5: 32, sha1: 40 };

function membersOfLength(length: number): HashMember[] {
  return HASH_MEMBERS.filter((member) => {
    const bits = Number(/(256|384|512)$/.exec(member)?.[1] ?? 256);
    return length === (DIGITS[member] ?? bits / 4);
  });
}

/** Components by what identifies them; without any of it, none. */
export async function findByIdentity(
  deps: LookupDeps,
  principal: Principal,
  query: z.output<typeof componentIdentityQuery>,
  page: Page,
): Promise<Found> {
  const project = query.project === undefined ? undefined : await requireProject(deps, principal, query.project);
  const { group, name, version, purl, cpe, swidTagId } = query;
  if ([group, name, version, purl, cpe, swidTagId].every((text) => text === undefined)) return { items: [], total: 0 };
  const filter: SearchFilter = {
    groupContains: group,
    nameContains: name,
    versionContains: version,
    purlPrefix: purl === undefined ? undefined : purlPrefixOf(purl, "purl"),
    cpe,
    swidTagIdContains: swidTagId,
    projectId: project?.id,
    projectActive: query.excludeInactiveProjects ? true : undefined,
    projectLatest: query.onlyLatestProjectVersions ? true : undefined,
  };
  return find(deps, principal, filter, page);
}

async function find(deps: LookupDeps, principal: Principal, filter: SearchFilter, page: Page): Promise<Found> {
  const column = sortColumn(page, SEARCH_SORT_COLUMNS, "i.name");
  const scope = await portfolioScopeOf(deps.settings, principal);
  const { db } = deps.database;
  const [rows, count] = await Promise.all([
    searchComponents(db, scope, filter, { ...page, column }),
    countSearched(db, scope, filter, COUNT_MAX),
  ]);
  return { items: rows.map((row) => componentJson(row)), total: Math.min(count, COUNT_MAX) };
}

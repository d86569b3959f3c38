import type { ProjectDiffResponse } from "@evertrack/contract/v2/diff";
import { type DiffComponent, type DiffVulnerability, diffInventories } from "@evertrack/sbom/diff";
import type { Db } from "../../../platform/db/index.ts";
import type { Principal } from "../../../platform/http/index.ts";
import { type LookupDeps, requireProject } from "../../projects/index.ts";
import { cutAlike } from "../rules/cut.ts";
import { componentJson, diffJson } from "../rules/diff-json.ts";
import { componentCounts, componentsOnlyIn, type DifferentComponent, vulnerabilitiesOf } from "../store/differences.ts";
import { directCounts, directDependencies } from "../store/direct.ts";

/** Most components of one project that the other has not: about 50 MB while they are compared. */
const DIFFERENT_MAX = 50_000;
/** Most vulnerabilities of these components. */
const VULNERABILITIES_MAX = 200_000;
/** Most direct dependencies of one project; real ones have a few hundred. */
const DIRECT_MAX = 20_000;

/** Which projects: `with` is the earlier one. */
interface CompareRequest {
  uuid: string;
  with: string;
  limit: number;
}

/** What changed from one project to another; the caller may see both. */
export async function compareProjects(
  deps: LookupDeps,
  principal: Principal,
  request: CompareRequest,
): Promise<ProjectDiffResponse> {
  const { db } = deps.database;
  const after = await requireProject(deps, principal, request.uuid);
  const before = await requireProject(deps, principal, request.with);
  const [gone, come, counts] = await Promise.all([
    componentsOnlyIn(db, before.id, after.id, DIFFERENT_MAX + 1),
    componentsOnlyIn(db, after.id, before.id, DIFFERENT_MAX + 1),
    componentCounts(db, [before.id, after.id]),
  ]);
  const different = cutAlike(gone, come, DIFFERENT_MAX);
  const mayViewVulnerabilities = principal.permissions.has("VIEW_VULNERABILITY");
  const direct = await directOf(db, [before.id, after.id]);
  const sideOf = async (rows: readonly DifferentComponent[], projectId: number) => {
    const components = new Map(rows.map((row) => [row.identityId, componentJson(row)]));
    const vulnerabilities = mayViewVulnerabilities ? await affectedOf(db, components) : undefined;
    return { components: components.values(), direct: direct?.get(projectId), vulnerabilities };
  };
  const diff = diffInventories(await sideOf(different.before, before.id), await sideOf(different.after, after.id), {
    entriesMax: request.limit,
  });
  const beforeSize = counts.get(before.id) ?? 0;
  return diffJson(diff, {
    before,
    after,
    isCut: different.isCut,
    sizes: { before: beforeSize, after: counts.get(after.id) ?? 0, common: beforeSize - gone.length },
  });
}

/** What each project depends on directly; undefined where one of them does not know, or has too many. */
async function directOf(db: Db, projectIds: readonly number[]): Promise<Map<number, DiffComponent[]> | undefined> {
  const counts = await directCounts(db, projectIds);
  if (!projectIds.every((id) => (counts.get(id) ?? Number.POSITIVE_INFINITY) <= DIRECT_MAX)) return undefined;
  const sides = new Map<number, DiffComponent[]>();
  for (const id of new Set(projectIds))
    sides.set(id, (await directDependencies(db, id, DIRECT_MAX)).map(componentJson));
  return sides;
}

async function affectedOf(
  db: Db,
  components: ReadonlyMap<number, DiffComponent>,
): Promise<DiffVulnerability[] | undefined> {
  const rows = await vulnerabilitiesOf(db, [...components.keys()], VULNERABILITIES_MAX + 1);
  if (rows.length > VULNERABILITIES_MAX) return undefined;
  return rows.map(({ identityId, source, vulnId }) => ({
    id: `${source}:${vulnId}`,
    component: components.get(identityId),
  }));
}

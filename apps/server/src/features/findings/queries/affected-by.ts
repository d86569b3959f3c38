import type { AffectedProjectResponse, FoundVulnerabilityResponse } from "@evertrack/contract/v1/affected-project";
import { type Page, PlainError, type Principal, sortColumn } from "../../../platform/http/index.ts";
import { type LookupDeps, portfolioScopeOf, projectAccessDenied, requireProject } from "../../projects/index.ts";
import { findVulnerability, presentVulnerability, vulnerabilityDetails } from "../../vulnerabilities/index.ts";
import { type Affected, affectedProjects, vulnerabilitiesOf } from "../store/affected-projects.ts";
import { findExplainedComponent } from "../store/explaining.ts";

/** Projects the caller may see that have findings of a vulnerability which are not suppressed; none of one nobody knows. */
export async function projectsAffectedBy(
  deps: LookupDeps,
  principal: Principal,
  { source, vuln, page, withInactive }: { source: string; vuln: string; page: Page; withInactive: boolean },
): Promise<{ projects: AffectedProjectResponse[]; total: number }> {
  const { db } = deps.database;
  const sort = sortColumn(page, { name: "name", version: "version" }, "name");
  const vulnerability = await findVulnerability(db, source.toUpperCase(), vuln);
  if (vulnerability === undefined) return { projects: [], total: 0 };
  const scope = await portfolioScopeOf(deps.settings, principal);
  const { rows, total } = await affectedProjects(db, scope, vulnerability.id, { ...page, sort, withInactive });
  const projects = rows.map(({ uuid, name, version, active, hasGraph, componentUuids }) => ({
    uuid,
    name,
    ...(version !== null && { version }),
    active,
    dependencyGraphAvailable: hasGraph,
    affectedComponentUuids: componentUuids,
  }));
  return { projects, total };
}

/** Vulnerabilities a component has findings of, worst first. */
export async function vulnerabilitiesOfComponent(
  deps: LookupDeps,
  principal: Principal,
  { uuid, page, withSuppressed }: { uuid: string; page: Page; withSuppressed: boolean },
): Promise<{ vulnerabilities: FoundVulnerabilityResponse[]; total: number }> {
  const scope = await portfolioScopeOf(deps.settings, principal);
  const component = await findExplainedComponent(deps.database.db, scope, uuid);
  if (component === undefined) throw new PlainError(404, "The component could not be found.");
  if (!component.visible) throw projectAccessDenied();
  return found(deps, component, { ...page, withSuppressed });
}

/** Vulnerabilities in one answer about a project; beyond them the list of its findings has pages. */
const VULNERABILITIES_MAX = 10_000;

/** Vulnerabilities a project has findings of, with its components that have them, worst first. */
export async function vulnerabilitiesOfProject(
  deps: LookupDeps,
  principal: Principal,
  { uuid, withSuppressed }: { uuid: string; withSuppressed: boolean },
): Promise<{ vulnerabilities: FoundVulnerabilityResponse[]; total: number }> {
  const { id } = await requireProject(deps, principal, uuid);
  return found(deps, { projectId: id }, { withSuppressed, offset: 0, limit: VULNERABILITIES_MAX });
}

async function found(
  { database: { db } }: LookupDeps,
  { projectId, identityId }: Affected,
  page: { withSuppressed: boolean; offset: number; limit: number },
): Promise<{ vulnerabilities: FoundVulnerabilityResponse[]; total: number }> {
  const of = identityId === undefined ? { projectId } : { projectId, identityId };
  const { rows, total } = await vulnerabilitiesOf(db, of, page);
  const details = await vulnerabilityDetails(
    db,
    rows.map(({ vulnerabilityId }) => vulnerabilityId),
  );
  const byId = new Map(details.map((one) => [one.id, one]));
  const vulnerabilities = rows.flatMap(({ vulnerabilityId, components }) => {
    const known = byId.get(vulnerabilityId);
    if (known === undefined) return [];
    const named = components.map(({ uuid, name, group, version, purl }) => ({
      uuid,
      name,
      ...(group !== null && { group }),
      ...(version !== null && { version }),
      ...(purl !== null && { purl }),
    }));
    return [{ ...presentVulnerability(known), components: named }];
  });
  return { vulnerabilities, total };
}

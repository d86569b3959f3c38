import type { ProjectFix, ProjectFixesResponse } from "@evertrack/contract/v2/fixes";
import { z } from "zod";
import type { Db } from "../../../platform/db/index.ts";
import { decodePageToken, encodePageToken, type Principal } from "../../../platform/http/index.ts";
import { type BroughtIn, broughtInBy } from "../../components/index.ts";
import { type LookupDeps, requireProject } from "../../projects/index.ts";
import { severityName } from "../../vulnerabilities/index.ts";
import { adviceOf, fixedIn, type JudgedCandidates, type KnownFindings } from "../rules/fix-advice.ts";
import { type FixableComponent, type FoundVulnerability, fixablePage, foundVulnerabilities } from "../store/fixing.ts";
import type { LockedIdentity } from "../store/matching.ts";
import { judgeCandidates } from "./judge-candidates.ts";

/** Vulnerabilities named for one component; some kernels have thousands. */
const VULNERABILITIES_MAX = 50;

const place = z.object({
  severity: z.number().int().min(0).max(5),
  findings: z.number().int().min(0),
  identityId: z.number().int().min(0),
});

/** A page of a project's components with findings, worst first, each with the version that fixes it and what brings it in. */
export async function projectFixes(
  deps: LookupDeps,
  principal: Principal,
  uuid: string,
  { limit, page_token: token }: { limit: number; page_token?: string | undefined },
): Promise<ProjectFixesResponse> {
  const { db } = deps.database;
  const project = await requireProject(deps, principal, uuid);
  const after = token === undefined ? undefined : decodePageToken(place, token);
  const { rows, total } = await fixablePage(db, project.id, after, limit + 1);
  const page = rows.slice(0, limit);
  const ids = page.map(({ identityId }) => identityId);
  const found = Map.groupBy(await foundVulnerabilities(db, project.id, ids), ({ identityId }) => identityId);
  const judged = await judgeCandidates(db, page);
  const brought = await broughtInBy(db, project.id, ids);
  const items = page.map((component) => {
    const { identityId } = component;
    return fixJson(component, found.get(identityId) ?? [], judged.get(identityId), brought.of(identityId));
  });
  const last = page.at(-1);
  const next = last !== undefined && rows.length > limit ? { next_page_token: tokenOf(last) } : {};
  return { graph: brought.graph, items, ...next, total: { count: total, type: "EXACT" } };
}

function tokenOf({ severity, findings, identityId }: FixableComponent): string {
  return encodePageToken({ severity, findings, identityId });
}

function fixJson(
  component: FixableComponent,
  found: readonly FoundVulnerability[],
  judged: JudgedCandidates | undefined,
  brought: BroughtIn,
): ProjectFix {
  const { uuid, name, group, version, purl, severity, findings } = component;
  const shown = found.filter(({ suppressed }) => !suppressed).slice(0, VULNERABILITIES_MAX);
  return {
    component: {
      uuid,
      name,
      ...(group !== null && { group }),
      ...(version !== null && { version }),
      ...(purl !== null && { purl }),
    },
    severity: severityName(severity),
    findings,
    vulnerabilities: shown.map((one) => ({
      source: one.source,
      vuln_id: one.vulnId,
      severity: severityName(one.severity),
      ...fixedInJson(judged, one.vulnerabilityId),
    })),
    fix: adviceOf(judged, knownFindings(found)),
    ...brought,
  };
}

/** What a component has, and what of it was suppressed. */
export function knownFindings(found: readonly FoundVulnerability[]): KnownFindings {
  return {
    found: new Set(found.map(({ vulnerabilityId }) => vulnerabilityId)),
    suppressed: new Set(found.flatMap(({ suppressed, vulnerabilityId }) => (suppressed ? [vulnerabilityId] : []))),
  };
}

/** The lowest version without one vulnerability, where any is known. */
export function fixedInJson(judged: JudgedCandidates | undefined, vulnerabilityId: number): { fixed_in?: string } {
  const version = fixedIn(judged, vulnerabilityId);
  return version === undefined ? {} : { fixed_in: version };
}

/** What fixes one finding of a component, and all of them. */
export async function fixOfFinding(
  db: Db,
  component: LockedIdentity,
  { projectId, vulnerabilityId }: { projectId: number; vulnerabilityId: number },
) {
  const { identityId } = component;
  const { found, suppressed } = knownFindings(await foundVulnerabilities(db, projectId, [identityId]));
  const judged = (await judgeCandidates(db, [component])).get(identityId);
  const brought = await broughtInBy(db, projectId, [identityId]);
  // A match that was not stored yet counts, too.
  const advice = adviceOf(judged, { found: new Set([...found, vulnerabilityId]), suppressed });
  return { ...advice, ...fixedInJson(judged, vulnerabilityId), graph: brought.graph, ...brought.of(identityId) };
}

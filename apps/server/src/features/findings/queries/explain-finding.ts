import type { ExplanationResponse, MatchTrialResponse } from "@evertrack/contract/v2/explanation";
import type { Db } from "../../../platform/db/index.ts";
import { AppError, type Principal } from "../../../platform/http/index.ts";
import { type LookupDeps, portfolioScopeOf, projectAccessDenied } from "../../projects/index.ts";
import { findVulnerability, severityName, type VulnerabilityDetails } from "../../vulnerabilities/index.ts";
import { decide } from "../commands/decide-matches.ts";
import { comparedVersion } from "../rules/affected-identities.ts";
import { trialJson, verdictOf } from "../rules/explain-match.ts";
import { sentenceOf } from "../rules/explain-words.ts";
import { readDecision, readLatestTrail } from "../store/analyses.ts";
import { type Assignment, findAssignment } from "../store/assignments.ts";
import {
  type ExplainedComponent,
  findExplainedComponent,
  matchesNamed,
  type StoredMatch,
} from "../store/explaining.ts";
import { fixOfFinding } from "./project-fixes.ts";

/** Entries of an advisory that are told of; some name thousands of CPEs. Affecting ones are kept in any case. */
const TRIALS_MAX = 50;
const TRAIL_MAX = 10;
const REFERENCES_MAX = 20;

/** Which finding, or what might have been one. */
export interface ExplainedFinding {
  component: string;
  source: string;
  vulnId: string;
}

/**
 * Why a component is affected by a vulnerability, or not: what matching decides now, entry by entry, beside what is stored. 404 when
 * there is no such component or vulnerability, 403 for others' projects.
 */
export async function explainFinding(
  deps: LookupDeps,
  principal: Principal,
  { component: uuid, source, vulnId }: ExplainedFinding,
): Promise<ExplanationResponse> {
  const { db } = deps.database;
  const component = await requireExplained(deps, principal, uuid);
  const vulnerability = await findVulnerability(db, source, vulnId);
  if (vulnerability === undefined) throw new AppError("not-found", "The vulnerability could not be found.");
  const { trials, truncated } = await trialsOf(db, component, vulnerability.id);
  const identity = { ...component, hasVersion: comparedVersion(component) !== undefined };
  const { affected, reason } = verdictOf(trials, identity, vulnerability.rejected !== null);
  const named = [{ source: vulnerability.source, vulnId }, ...vulnerability.aliases];
  const matches = await matchesNamed(db, component.identityId, named);
  const match = matches.find((one) => isNamed(one, vulnerability));
  const foundAs = matches.filter((one) => one !== match).map((one) => one.vulnId);
  const analysis = await analysisOf(db, component, vulnerability.id);
  const assignment = await findAssignment(db, { ...component, vulnerabilityId: vulnerability.id });
  return {
    ...subjectJson(component),
    vulnerability: vulnerabilityJson(vulnerability, matches),
    affected,
    reason,
    text: sentenceOf(reason, { component: calledName(component), vulnerability: vulnId, foundAs }, trials),
    trials,
    trials_truncated: truncated,
    ...(match !== undefined && { finding: findingJson(component, match) }),
    ...(assignment !== undefined && { assignment: assignmentJson(assignment) }),
    ...(analysis !== undefined && { analysis }),
    ...(affected && { fix: await fixOfFinding(db, component, { ...component, vulnerabilityId: vulnerability.id }) }),
  };
}

async function requireExplained(deps: LookupDeps, principal: Principal, uuid: string): Promise<ExplainedComponent> {
  const scope = await portfolioScopeOf(deps.settings, principal);
  const component = await findExplainedComponent(deps.database.db, scope, uuid);
  if (component === undefined) throw new AppError("not-found", "The component could not be found.");
  if (!component.visible) throw projectAccessDenied();
  return component;
}

/** Matching as it is done for every component, with somebody who takes notes. */
async function trialsOf(
  db: Db,
  component: ExplainedComponent,
  vulnerabilityId: number,
): Promise<{ trials: MatchTrialResponse[]; truncated: boolean }> {
  const affecting: MatchTrialResponse[] = [];
  const others: MatchTrialResponse[] = [];
  let left = 0;
  await decide(db, [component], {
    vulnerabilityId,
    recorder(trial) {
      const list = trial.affected ? affecting : others;
      if (list.length < TRIALS_MAX) list.push(trialJson(trial, component));
      else left++;
    },
  });
  const trials = [...affecting, ...others];
  return { trials: trials.slice(0, TRIALS_MAX), truncated: left > 0 || trials.length > TRIALS_MAX };
}

async function analysisOf(
  db: Db,
  { projectId, identityId }: ExplainedComponent,
  vulnerabilityId: number,
): Promise<ExplanationResponse["analysis"]> {
  const decision = await readDecision(db, { projectId, identityId, vulnerabilityId });
  if (decision === undefined) return undefined;
  const { id, state, justification, response, details, suppressed } = decision;
  const trail = await readLatestTrail(db, id, TRAIL_MAX);
  return {
    state,
    justification,
    response,
    ...(details !== null && { details }),
    suppressed,
    trail: trail.map(({ timestamp, commenter: by, comment }) => ({ at: timestamp.getTime(), by, comment })),
  };
}

/** Group, name and version, as far as they are known. */
function calledName({ group, name, version }: ExplainedComponent): string {
  const whole = group === null || group === "" ? name : `${group}/${name}`;
  return version === null ? whole : `${whole} ${version}`;
}

function subjectJson(of: ExplainedComponent): Pick<ExplanationResponse, "project" | "component"> {
  const { uuid, name, group, version, purl, cpe } = of;
  return {
    project: {
      uuid: of.projectUuid,
      name: of.projectName,
      ...(of.projectVersion !== null && { version: of.projectVersion }),
    },
    component: {
      uuid,
      name,
      ...(group !== null && { group }),
      ...(version !== null && { version }),
      ...(purl !== null && { purl }),
      ...(cpe !== null && { cpe }),
    },
  };
}

function vulnerabilityJson(
  of: VulnerabilityDetails,
  matches: readonly StoredMatch[],
): ExplanationResponse["vulnerability"] {
  const { uuid, source, vulnId, title, published, updated, rejected } = of;
  return {
    uuid,
    source,
    vuln_id: vulnId,
    ...(title !== null && { title }),
    severity: severityName(of.severity),
    ...(published !== null && { published: published.getTime() }),
    ...(updated !== null && { updated: updated.getTime() }),
    ...(rejected !== null && { rejected: rejected.getTime() }),
    references: of.references.slice(0, REFERENCES_MAX),
    aliases: of.aliases.map((alias) => ({
      source: alias.source,
      vuln_id: alias.vulnId,
      found: matches.some((match) => isNamed(match, alias)),
    })),
  };
}

function isNamed(match: StoredMatch, { source, vulnId }: { source: string; vulnId: string }): boolean {
  return match.source === source && match.vulnId === vulnId;
}

function assignmentJson({ by, at }: Assignment): NonNullable<ExplanationResponse["assignment"]> {
  const text = `It was assigned by hand by ${by} on ${at.toISOString().slice(0, 10)}.`;
  return { by, at: at.getTime(), text };
}

function findingJson(component: ExplainedComponent, match: StoredMatch): NonNullable<ExplanationResponse["finding"]> {
  const since = Math.max(component.firstSeen.getTime(), match.firstSeen.getTime());
  const { matchedAt } = component;
  return {
    analyzers: match.analyzers,
    first_seen: since,
    ...(matchedAt !== null && { last_seen: matchedAt.getTime() }),
  };
}

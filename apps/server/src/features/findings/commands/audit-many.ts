import {
  AUDITED_FINDINGS_MAX,
  type AuditOperation,
  type AuditOperationRequest,
  type AuditUndo,
  type LeftFinding,
} from "@evertrack/contract/v2/audit-operations";
import type { Clock } from "../../../platform/clock/clock.ts";
import type { Tx } from "../../../platform/db/index.ts";
import { AppError, type Principal } from "../../../platform/http/index.ts";
import { type LookupDeps, portfolioScopeOf } from "../../projects/index.ts";
import { decide } from "../rules/analysis-trail.ts";
import type { FindingKey } from "../store/analyses.ts";
import {
  type AuditedFinding,
  changesOf,
  endOperation,
  findingsDecidedOtherwise,
  insertChanges,
  insertOperation,
  lockOperation,
  namedFindings,
  type OperationChange,
  type UndoneChange,
} from "../store/audit-operations.ts";
import { recordAnalysis } from "./record-analysis.ts";

type Deps = LookupDeps & { clock: Clock };

/**
 * Decides about many findings in one transaction, with the reason in the trail of each, and keeps what was there before. Locks findings in
 * key order, as everybody who decides about several does.
 */
export async function auditMany(
  deps: Deps,
  principal: Principal,
  request: AuditOperationRequest,
): Promise<AuditOperation> {
  const { reason, decision: given } = request;
  const { findings, left, more } = await chosen(deps, principal, request);
  return deps.database.transaction(async (tx) => {
    const operation = await insertOperation(tx, { operator: principal.name, reason, decision: given });
    const changes: OperationChange[] = [];
    const gone: LeftFinding[] = [];
    for (const finding of findings) {
      const record = { given, comment: reason, commenter: principal.name, eventId: deps.clock.uuidV7() };
      const recorded = await recordAnalysis(tx, { ...record, ...subjectOf(finding), onlyIfChanged: true });
      if (recorded === undefined) gone.push(leftAlone(finding, "GONE"));
      else if (recorded.changed) changes.push({ ...keyOf(finding), before: recorded.before, after: recorded.after });
    }
    if (changes.length > 0) await insertChanges(tx, operation.id, changes);
    const unchanged = findings.length - changes.length - gone.length;
    return { uuid: operation.uuid, changed: changes.length, unchanged, left: [...left, ...gone], more };
  });
}

/** The findings a request means; those of a vulnerability that are decided like this already do not count. */
async function chosen(deps: Deps, principal: Principal, request: AuditOperationRequest) {
  const { db } = deps.database;
  const scope = await portfolioScopeOf(deps.settings, principal);
  if (request.findings === undefined) {
    const { vulnerability = "", project, decision } = request;
    const wanted = { vulnerability, project, decided: decision };
    const found = await findingsDecidedOtherwise(db, scope, wanted, AUDITED_FINDINGS_MAX + 1);
    return { findings: found.slice(0, AUDITED_FINDINGS_MAX), left: [], more: found.length > AUDITED_FINDINGS_MAX };
  }
  const findings = await namedFindings(db, scope, request.findings);
  const known = new Set(
    findings.map(({ componentUuid, vulnerabilityUuid }) => `${componentUuid} ${vulnerabilityUuid}`),
  );
  const left = request.findings
    .filter(({ component, vulnerability }) => !known.has(`${component} ${vulnerability}`.toLowerCase()))
    .map((named): LeftFinding => ({ ...named, reason: "NOT_FOUND" }));
  return { findings, left, more: false };
}

/**
 * Makes an operation undone: what it changed and nobody has changed since becomes what it was. 404 for an operation there is not, 409
 * for one that was undone before.
 */
export async function undoAudit(deps: Deps, principal: Principal, uuid: string): Promise<AuditUndo> {
  const scope = await portfolioScopeOf(deps.settings, principal);
  return deps.database.transaction(async (tx) => {
    const operation = await lockOperation(tx, uuid);
    if (operation === undefined) throw new AppError("not-found", "The audit operation could not be found.");
    if (operation.undone) throw new AppError("conflict", "The audit operation was undone before.");
    const outcomes: (UndoneChange & { outcome: "RESTORED" | LeftFinding["reason"] })[] = [];
    for (const change of await changesOf(tx, scope, operation.id))
      outcomes.push({ ...change, outcome: await undo(deps, tx, principal, { change, reason: operation.reason }) });
    const told = outcomes.map((one) => ({ ...keyOf(one), outcome: one.outcome }));
    await endOperation(tx, operation.id, principal.name, told);
    const left = outcomes.flatMap((one) => (one.outcome === "RESTORED" ? [] : [leftAlone(one, one.outcome)]));
    return { uuid, restored: outcomes.length - left.length, left };
  });
}

async function undo(
  deps: Deps,
  tx: Tx,
  principal: Principal,
  { change, reason }: { change: UndoneChange; reason: string },
): Promise<"RESTORED" | LeftFinding["reason"]> {
  if (!change.visible) return "NOT_VISIBLE";
  if (!isThere(change)) return "GONE";
  const recorded = await recordAnalysis(tx, {
    given: change.before,
    onlyIf: (present) => !decide(present, change.after, undefined).changed,
    comment: `Undone: ${reason}`,
    commenter: principal.name,
    eventId: deps.clock.uuidV7(),
    ...subjectOf(change),
  });
  if (recorded === undefined) return "GONE";
  return recorded.changed ? "RESTORED" : "CHANGED_SINCE";
}

function isThere(change: UndoneChange): change is UndoneChange & AuditedFinding {
  return typeof change.componentUuid === "string" && typeof change.vulnerabilityUuid === "string";
}

function keyOf({ projectId, identityId, vulnerabilityId }: FindingKey): FindingKey {
  return { projectId, identityId, vulnerabilityId };
}

function subjectOf(finding: AuditedFinding) {
  const { componentUuid, vulnerabilityUuid, vulnId, source, name, group, version, purl } = finding;
  const component = {
    uuid: componentUuid,
    name,
    ...(group !== null && { group }),
    ...(version !== null && { version }),
    ...(purl !== null && { purl }),
  };
  const vulnerability = { uuid: vulnerabilityUuid, vulnId, source };
  return { finding: keyOf(finding), subject: { component, vulnerability } };
}

function leftAlone(finding: Partial<AuditedFinding>, reason: LeftFinding["reason"]): LeftFinding {
  return { component: finding.componentUuid ?? "", vulnerability: finding.vulnerabilityUuid ?? "", reason };
}

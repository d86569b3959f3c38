import { isDeepStrictEqual } from "node:util";
import type { Tx } from "../../../platform/db/index.ts";
import { affectedBy } from "../rules/affected-findings.ts";
import { decide, type GivenDecision } from "../rules/analysis-trail.ts";
import type { StatementTarget, VexNote, VexStatement } from "../rules/vex-statement.ts";
import { type DecidedFinding, findingsOfVulnerabilities } from "../store/vex-findings.ts";
import { recordAnalysis } from "./record-analysis.ts";

/** Statements whose findings are read at a time. */
const BATCH_SIZE = 250;

/** Statements of a document, for one project whose row is locked. */
export interface StatementWork {
  projectId: number;
  statements: readonly VexStatement[];
  commenter: string;
  /** Lasting id of the event about the finding of this name. */
  eventIdOf(finding: string): string;
  note(note: VexNote): void;
}

/** How many findings were decided anew, and how many were decided like this before. */
export interface AppliedStatements {
  applied: number;
  unchanged: number;
}

/**
 * Decides the findings that statements are about. What is said of a component counts more than what is said of the project, and of two
 * statements of that kind the later one counts: each finding is decided once, so that doing it again changes nothing.
 */
export async function applyStatements(tx: Tx, work: StatementWork): Promise<AppliedStatements> {
  const choice = new Choice(work.note);
  for (let start = 0; start < work.statements.length; start += BATCH_SIZE)
    await choose(tx, work, work.statements.slice(start, start + BATCH_SIZE), choice);
  const counts = { applied: 0, unchanged: 0 };
  for (const chosen of choice.inOrder()) counts[(await apply(tx, work, chosen)) ? "applied" : "unchanged"]++;
  return counts;
}

async function choose(tx: Tx, work: StatementWork, statements: readonly VexStatement[], choice: Choice): Promise<void> {
  const names = statements.map(({ vulnId, source }) => ({ vulnId, source }));
  const byId = Map.groupBy(await findingsOfVulnerabilities(tx, work.projectId, names), ({ vulnId }) => vulnId);
  for (const statement of statements) {
    const { vulnId, source } = statement;
    const findings = (byId.get(vulnId) ?? []).filter((finding) => source === undefined || finding.source === source);
    if (findings.length > 0) chooseTargets(work, statement, findings, choice);
    else work.note({ code: "no-finding", path: statement.path, message: `the project has no finding of ${vulnId}` });
  }
}

function chooseTargets(work: StatementWork, statement: VexStatement, findings: DecidedFinding[], choice: Choice): void {
  for (const target of statement.targets) {
    const affected = affectedBy(target, findings);
    if (affected.length === 0) work.note(noSuchComponent(statement, target));
    for (const finding of affected) choice.add(finding, statement, target.kind === "component");
  }
}

function noSuchComponent({ path, vulnId }: VexStatement, target: StatementTarget): VexNote {
  const what = target.kind === "component" ? JSON.stringify(target.ref) : "the project";
  return { code: "no-finding", path, message: `no finding of ${vulnId} is one of ${what}` };
}

interface Chosen {
  finding: DecidedFinding;
  given: GivenDecision;
  ofComponent: boolean;
}

/** The one statement that counts for each finding. */
class Choice {
  readonly #chosen = new Map<string, Chosen>();
  readonly #note: StatementWork["note"];

  constructor(note: StatementWork["note"]) {
    this.#note = note;
  }

  add(finding: DecidedFinding, { given, path, vulnId }: VexStatement, ofComponent: boolean): void {
    const name = nameOf(finding);
    const before = this.#chosen.get(name);
    if (before !== undefined && before.ofComponent === ofComponent && !isDeepStrictEqual(before.given, given))
      this.#note({ code: "stated-twice", path, message: `${vulnId} of ${finding.name} was stated otherwise before` });
    if (before === undefined || ofComponent || !before.ofComponent)
      this.#chosen.set(name, { finding, given, ofComponent });
  }

  /** In the order in which everybody locks them. */
  inOrder(): Chosen[] {
    return [...this.#chosen.values()].sort(
      ({ finding: a }, { finding: b }) => a.identityId - b.identityId || a.vulnerabilityId - b.vulnerabilityId,
    );
  }
}

function nameOf({ identityId, vulnerabilityId }: DecidedFinding): string {
  return `${identityId}:${vulnerabilityId}`;
}

/** Whether anything was written. Nothing is locked for a finding that is decided like this already. */
async function apply(tx: Tx, work: StatementWork, { finding, given }: Chosen): Promise<boolean> {
  if (!decide(finding, given, undefined).changed) return false;
  const { identityId, vulnerabilityId, vulnerabilityUuid, vulnId, source } = finding;
  const recorded = await recordAnalysis(tx, {
    finding: { projectId: work.projectId, identityId, vulnerabilityId },
    given,
    commenter: work.commenter,
    subject: { component: componentSubject(finding), vulnerability: { uuid: vulnerabilityUuid, vulnId, source } },
    eventId: work.eventIdOf(nameOf(finding)),
  });
  return recorded?.changed === true;
}

function componentSubject({ componentUuid, name, group, version, purl }: DecidedFinding): Record<string, unknown> {
  return {
    uuid: componentUuid,
    name,
    ...(group !== null && { group }),
    ...(version !== null && { version }),
    ...(purl !== null && { purl }),
  };
}

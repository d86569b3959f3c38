import type { Tx } from "../../../platform/db/index.ts";
import { appendEvents } from "../../../platform/outbox/index.ts";
import { projectSubject, readProject } from "../../projects/index.ts";
import { type Decision, decide, type GivenDecision } from "../rules/analysis-trail.ts";
import { type FindingKey, lockDecision, writeDecision } from "../store/analyses.ts";

/** A decision about one finding, on behalf of somebody. */
export interface AnalysisRecord {
  finding: FindingKey;
  given: GivenDecision;
  comment?: string | undefined;
  commenter: string;
  /** What others are shown of the finding. */
  subject: { component: Record<string, unknown>; vulnerability: Record<string, unknown> };
  eventId: string;
}

/**
 * Writes a decision with its trail and, where state or suppression changed, the event – or nothing when it says what is
 * there. Undefined when the component is gone.
 */
export async function recordAnalysis(tx: Tx, record: AnalysisRecord): Promise<{ changed: boolean } | undefined> {
  const before = await lockDecision(tx, record.finding);
  if (before === undefined) return undefined;
  const { id, ...decided } = before;
  const change = decide(decided, record.given, record.comment);
  if (change.changed || change.comments.length > 0) await writeDecision(tx, id, change, record.commenter);
  if (change.notable) await tell(tx, record, change.decision);
  return { changed: change.changed };
}

async function tell(tx: Tx, { finding, subject, eventId }: AnalysisRecord, decision: Decision): Promise<void> {
  const project = await readProject(tx, { all: true }, finding.projectId);
  if (project === undefined) return;
  const analysis = { ...subject, state: decision.state, suppressed: decision.suppressed };
  const payload = { ...subject, project: projectSubject(project), analysis };
  await appendEvents(tx, [{ eventId, type: "PROJECT_AUDIT_CHANGE", subject: project.uuid, payload }]);
}

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
  /** A comment alone is not written. */
  onlyIfChanged?: boolean;
  /** Nothing is written where this does not hold of what is decided at present. */
  onlyIf?: (present: Decision) => boolean;
}

/** What became of a decision. */
export interface RecordedAnalysis {
  changed: boolean;
  before: Decision;
  after: Decision;
}

/**
 * Writes a decision with its trail and, where state or suppression changed, the event – or nothing when it says what is
 * there. Undefined when the component is gone.
 */
export async function recordAnalysis(tx: Tx, record: AnalysisRecord): Promise<RecordedAnalysis | undefined> {
  const stored = await lockDecision(tx, record.finding);
  if (stored === undefined) return undefined;
  const { id, ...before } = stored;
  if (record.onlyIf?.(before) === false) return { changed: false, before, after: before };
  const change = decide(before, record.given, record.comment);
  const isSaid = change.comments.length > 0 && record.onlyIfChanged !== true;
  if (change.changed || isSaid) await writeDecision(tx, id, change, record.commenter);
  if (change.notable) await tell(tx, record, change.decision);
  return { changed: change.changed, before, after: change.decision };
}

async function tell(tx: Tx, { finding, subject, eventId }: AnalysisRecord, decision: Decision): Promise<void> {
  const project = await readProject(tx, { all: true }, finding.projectId);
  if (project === undefined) return;
  const analysis = { ...subject, state: decision.state, suppressed: decision.suppressed };
  const payload = { ...subject, project: projectSubject(project), analysis };
  await appendEvents(tx, [{ eventId, type: "PROJECT_AUDIT_CHANGE", subject: project.uuid, payload }]);
}

import type { Tx } from "../../../platform/db/index.ts";
import { appendEvents } from "../../../platform/outbox/index.ts";
import { projectSubject, readProject } from "../../projects/index.ts";
import { endUpload } from "../store.ts";

const REASON_LENGTH_MAX = 4_000;

/** Records why an import failed and tells so, once. A project that was deleted meanwhile needs neither. */
export async function failUpload(tx: Tx, failure: { token: string; reason: string; eventId: string }): Promise<void> {
  const { token, eventId } = failure;
  const cause = failure.reason.slice(0, REASON_LENGTH_MAX);
  const projectId = await endUpload(tx, token, "FAILED", cause);
  const row = projectId === undefined ? undefined : await readProject(tx, { all: true }, projectId);
  if (row === undefined) return;
  const bom = { content: "(Omitted)", format: "CycloneDX" };
  const payload = { project: projectSubject(row), bom, cause, token };
  await appendEvents(tx, [{ eventId, type: "BOM_PROCESSING_FAILED", subject: row.uuid, payload }]);
}

import type { Tx } from "../../../platform/db/index.ts";
import { appendEvents } from "../../../platform/outbox/index.ts";
import { projectSubject, readProject } from "../../projects/index.ts";
import type { Upload } from "../store.ts";

/** Tells that a BOM was taken in and is its project's now, in the transaction that made it so. */
export async function announceImport(
  tx: Tx,
  { projectId, projectUuid, token }: Pick<Upload, "projectId" | "projectUuid" | "token">,
  { format, specVersion }: { format: string; specVersion: string },
  eventIdOf: (type: string) => string,
): Promise<void> {
  const row = await readProject(tx, { all: true }, projectId);
  if (row === undefined) return;
  const payload = { project: projectSubject(row), bom: { content: "(Omitted)", format, specVersion }, token };
  const event = (type: string) => ({ eventId: eventIdOf(type), type, subject: projectUuid, payload });
  await appendEvents(tx, [event("BOM_CONSUMED"), event("BOM_PROCESSED")]);
}

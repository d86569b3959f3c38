import type { Tx } from "../../../platform/db/index.ts";
import type { IngestionDeps } from "../deps.ts";
import { findUpload, listUnended } from "../store.ts";
import { isVexUpload } from "../store-vex.ts";
import { failUpload } from "./fail-upload.ts";
import { failVex } from "./fail-vex.ts";

const GRACE_SECONDS = 15;
const BATCH_SIZE = 1_000;

/** Whether any upload has waited for its end long enough to be looked at. */
export async function anyUploadUnended(tx: Tx): Promise<boolean> {
  return (await listUnended(tx, GRACE_SECONDS, 1)).length > 0;
}

/**
 * Ends uploads whose run is over without having told so: it was cancelled, or crashed its worker together with the workflow
 * that would have recorded the failure. The file goes with them.
 */
export async function endAbandonedUploads(deps: IngestionDeps, signal: AbortSignal): Promise<void> {
  for (const token of await listUnended(deps.database.db, GRACE_SECONDS, BATCH_SIZE)) {
    if (signal.aborted) return;
    if (!(await deps.engine.findActiveByLabel("token", token))) await endAbandoned(deps, token);
  }
}

async function endAbandoned({ database, engine, files, clock }: IngestionDeps, token: string): Promise<void> {
  const isVex = await isVexUpload(database.db, token);
  const [run] = await engine.listRuns({ name: isVex ? "import-vex" : "import-bom", labels: { token }, limit: 1 });
  const reason = run?.error?.message ?? "its run ended without an outcome";
  const upload = await findUpload(database.db, token);
  await database.transaction((tx) =>
    isVex ? failVex(tx, { token, reason }) : failUpload(tx, { token, reason, eventId: clock.uuid() }),
  );
  if (upload !== undefined) await files.delete(upload.fileLocation);
}

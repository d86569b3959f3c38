import type { IngestionDeps } from "../deps.ts";
import { readOutcome, type UploadOutcome } from "../store.ts";

type Deps = Pick<IngestionDeps, "database" | "engine">;

/** Run states after which nothing happens any more. */
const ENDED: readonly string[] = ["COMPLETED", "FAILED", "CANCELLED"];

/** Whether anything is still done under a token: runs that carry it as a label, or the run it is the id of. */
export async function isProcessing({ engine }: Deps, token: string): Promise<boolean> {
  if (await engine.findActiveByLabel("token", token)) return true;
  const run = await engine.getRun(token);
  return run !== null && run !== undefined && !ENDED.includes(run.status);
}

/** What became of an upload, with the reason when it failed; undefined for tokens nobody knows. */
export async function uploadStatus(
  deps: Deps,
  token: string,
): Promise<(UploadOutcome & { processing: boolean }) | undefined> {
  const outcome = await readOutcome(deps.database.db, token);
  return outcome === undefined ? undefined : { ...outcome, processing: await isProcessing(deps, token) };
}

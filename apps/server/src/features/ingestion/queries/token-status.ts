import type { BomUploadStatus } from "@evertrack/contract/v2/bom-uploads";
import { AppError, type Principal } from "../../../platform/http/index.ts";
import { requireProject } from "../../projects/index.ts";
import type { IngestionDeps } from "../deps.ts";
import { readOutcome } from "../store.ts";

type Deps = Pick<IngestionDeps, "database" | "engine">;
type StatusDeps = Pick<IngestionDeps, "database" | "engine" | "settings">;

/** Run states after which nothing happens any more. */
const ENDED: readonly string[] = ["COMPLETED", "FAILED", "CANCELLED"];

/** Whether anything is still done under a token: runs that carry it as a label, or the run it is the id of. */
export async function isProcessing({ engine }: Deps, token: string): Promise<boolean> {
  if (await engine.findActiveByLabel("token", token)) return true;
  const run = await engine.getRun(token);
  return run !== null && run !== undefined && !ENDED.includes(run.status);
}

/** What became of an upload, for somebody who may see its project. 404 for tokens nobody knows, 403 for others' projects. */
export async function uploadStatusFor(deps: StatusDeps, principal: Principal, token: string): Promise<BomUploadStatus> {
  const found = await readOutcome(deps.database.db, token);
  if (found === undefined) throw new AppError("not-found", "The requested resource could not be found.");
  await requireProject(deps, principal, found.projectUuid);
  return {
    token,
    project_uuid: found.projectUuid,
    processing: await isProcessing(deps, token),
    status: found.outcome ?? "PENDING",
    ...(found.failureReason !== null && { failure_reason: found.failureReason }),
    received_at: found.receivedAt.getTime(),
    ...(found.endedAt !== null && { ended_at: found.endedAt.getTime() }),
    ...(found.components !== null && { components: found.components }),
    notes: found.notes ?? [],
  };
}

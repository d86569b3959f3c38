import type { VexImportStatus } from "@evertrack/contract/v2/vex-imports";
import { AppError, type Principal } from "../../../platform/http/index.ts";
import { requireProject } from "../../projects/index.ts";
import type { IngestionDeps } from "../deps.ts";
import { readVexOutcome } from "../store-vex.ts";
import { isProcessing } from "./token-status.ts";

type Deps = Pick<IngestionDeps, "database" | "engine" | "settings">;

/** What became of a VEX, for somebody who may see its project. 404 for tokens nobody knows, 403 for others' projects. */
export async function vexStatusFor(deps: Deps, principal: Principal, token: string): Promise<VexImportStatus> {
  const found = await readVexOutcome(deps.database.db, token);
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
    ...(found.applied !== null && { applied: found.applied }),
    ...(found.unchanged !== null && { unchanged: found.unchanged }),
    notes: found.notes ?? [],
    ...(found.noteCount !== null && { note_count: found.noteCount }),
  };
}

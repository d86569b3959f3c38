import { bomQuality, type ProjectQualityResponse } from "@evertrack/contract/v2/quality";
import { AppError, type Principal } from "../../../platform/http/index.ts";
import { type LookupDeps, requireProject } from "../../projects/index.ts";
import { lastQuality } from "../store/quality.ts";

/** The quality of the BOM a project was last imported from; 404 where none is recorded. */
export async function readQuality(
  deps: LookupDeps,
  principal: Principal,
  projectUuid: string,
): Promise<ProjectQualityResponse> {
  const project = await requireProject(deps, principal, projectUuid);
  const found = await lastQuality(deps.database.db, project.id);
  if (found === undefined) throw new AppError("not-found", "No BOM was imported into this project.");
  const quality = bomQuality.safeParse(found.quality);
  if (!quality.success)
    throw new AppError("not-found", "No quality is recorded for the last BOM of this project; import it again.");
  const { notAssessed, ...rest } = quality.data;
  return { imported_at: found.importedAt.getTime(), ...rest, not_assessed: notAssessed };
}

import type { Config } from "../../platform/config/index.ts";
import type { Settings } from "../settings/index.ts";
import { deleteProjectsBeyondRetention } from "./commands/delete-beyond-retention.ts";
import { deleteTagsUnused } from "./commands/delete-unused-tags.ts";
import { projectProperties } from "./config.ts";
import type { ProjectsDeps } from "./deps.ts";
import { aclRoutes } from "./routes/v1/acl.ts";
import { projectRoutes } from "./routes/v1/project.ts";
import { projectListRoutes } from "./routes/v1/project-lists.ts";

export { changeOnUpload, type UploadChange } from "./commands/change-on-upload.ts";
export { defaultTeamsOf } from "./commands/create-from-request.ts";
export { checkNewProject, createProject, type NewProject, type ParentName } from "./commands/create-project.ts";
export { projectProperties } from "./config.ts";
export type { ProjectsDeps } from "./deps.ts";
export { projectAccessDenied, projectNotFound } from "./errors.ts";
export { accessible, type LookupDeps, requireProject } from "./queries/find-project.ts";
export { projectSubject } from "./rules/project-json.ts";
export { type AccessControlSwitch, portfolioScopeOf } from "./scope-of.ts";
export { lockDueForAnalysis, recordAnalysed, recordAnalysisAttempts } from "./store/analysis-times.ts";
export { recordRiskScores } from "./store/derived.ts";
export { type ProjectRow, readProject } from "./store/listing.ts";
export {
  findProject,
  findProjectByName,
  inventoryDigestOf,
  lockFreeProject,
  lockProject,
  type ProjectColumns,
  type ProjectRef,
  recordBomImported,
  recordInventory,
  updateProject,
} from "./store/projects.ts";
export { type PortfolioScope, visibleProject } from "./store/scope.ts";
export { ensureTags, tagsOf } from "./store/tags.ts";
export { findTag, removeTagFromVulnerabilities, replaceVulnerabilityTags } from "./store/vulnerability-tags.ts";

/** Projects: versions, hierarchy, tags and which team sees what. */
export function projectsFeature(deps: ProjectsDeps & { settings: Settings; config: Config }) {
  return {
    routes: [...projectListRoutes(deps), ...projectRoutes(deps), ...aclRoutes(deps)],
    housekeeping: [
      {
        name: "project-maintenance",
        schedule: deps.config.get(projectProperties.maintenanceCron),
        async run(signal: AbortSignal): Promise<void> {
          await deleteProjectsBeyondRetention(deps, signal);
        },
      },
      {
        name: "tag-maintenance",
        schedule: deps.config.get(projectProperties.tagMaintenanceCron),
        async run(signal: AbortSignal): Promise<void> {
          await deleteTagsUnused(deps.database, deps.settings, signal);
        },
      },
    ],
  };
}

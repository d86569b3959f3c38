import { property } from "../../platform/config/index.ts";

export const projectProperties = {
  maintenanceCron: property.cron("dt.task.project-maintenance.cron", {
    default: "0 */4 * * *",
    meaning: "when inactive projects beyond the settings maintenance/projects.retention.* are deleted (UTC)",
  }),
  tagMaintenanceCron: property.cron("dt.task.tag-maintenance.cron", {
    default: "0 */12 * * *",
    meaning: "when unused tags are deleted, if the setting maintenance/tags.delete.unused is on (UTC)",
  }),
};

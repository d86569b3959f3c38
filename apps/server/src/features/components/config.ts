import { property } from "../../platform/config/index.ts";

export const componentProperties = {
  orphanCleanupCron: property.cron("dt.task.orphaned-identity-cleanup.cron", {
    default: "37 2 * * *",
    meaning: "when identities without components are looked for and, after 7 days, removed (UTC)",
  }),
};

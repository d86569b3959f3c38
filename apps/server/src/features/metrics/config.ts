import { property } from "../../platform/config/index.ts";

export const metricsProperties = {
  markedProjectsCron: property.cron("dt.task.marked-project-metrics-update.cron", {
    default: "* * * * *",
    meaning: "when numbers of projects that were left marked are recomputed (UTC)",
  }),
};

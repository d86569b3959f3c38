import { property } from "../../platform/config/index.ts";

export const metricsProperties = {
  portfolioCron: property.cron("dt.task.portfolio-metrics-update.cron", {
    default: "10 * * * *",
    meaning: "when the numbers of all active projects are counted anew (UTC)",
  }),
  vulnerabilityCron: property.cron("dt.task.vuln-metrics-update.cron", {
    default: "0 */6 * * *",
    meaning: "when vulnerabilities are counted by year and month (UTC)",
  }),
  maintenanceCron: property.cron("dt.task.metrics-maintenance.cron", {
    default: "1 * * * *",
    meaning: "when numbers older than the setting maintenance/metrics.retention.days are removed (UTC)",
  }),
  markedProjectsCron: property.cron("dt.task.marked-project-metrics-update.cron", {
    default: "* * * * *",
    meaning: "when numbers of projects that were left marked are recomputed (UTC)",
  }),
};

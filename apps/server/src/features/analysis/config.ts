import { property } from "../../platform/config/index.ts";

export const analysisProperties = {
  sliceCron: property.cron("dt.task.portfolio-analysis.slice-cron", {
    default: "* * * * *",
    meaning: "when the next scheduled analyses are started (UTC), as many as may be in flight",
  }),
  inFlightMax: property.integer("dt.task.portfolio-analysis.max-in-flight-analyses", {
    default: 50,
    min: 0,
    max: 1000,
    meaning: "scheduled analyses under way at the same time in the whole cluster; 0 starts none",
  }),
  maxAgeMs: property.integer("dt.task.portfolio-analysis.max-analysis-age-ms", {
    default: 86_400_000,
    min: 1000,
    meaning: "projects whose last analysis is older are analysed again",
  }),
};

import { property } from "../../../platform/config/index.ts";

export const backfillProperties = {
  rowsPerSecond: property.integer("dt.upgrade.backfill.rows-per-second", {
    default: 5_000,
    min: 1,
    max: 1_000_000,
    meaning: "most rows a backfill looks at per second, unless `evertrack backfills rate` says otherwise for it",
  }),
  cron: property.cron("dt.task.backfill-start.cron", {
    default: "* * * * *",
    meaning: "when backfills that are due are started, and those whose run has ended early are told as failed (UTC)",
  }),
};

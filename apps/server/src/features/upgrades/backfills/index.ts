import type { EngineClient } from "@evertrack/engine";
import type { Activity, Workflow } from "@evertrack/engine/authoring";
import type { Config } from "../../../platform/config/index.ts";
import type { Database, Tx } from "../../../platform/db/index.ts";
import type { ScheduledRun } from "../../../platform/engine/index.ts";
import type { Route } from "../../../platform/http/index.ts";
import type { Log } from "../../../platform/log/log.ts";
import type { Metrics } from "../../../platform/telemetry/index.ts";
import { runBatchesActivity } from "./activities/run-batches.ts";
import type { Backfill } from "./backfill.ts";
import { registerBackfills } from "./commands/register-backfills.ts";
import { startDueBackfills } from "./commands/start-due-backfills.ts";
import { backfillProperties } from "./config.ts";
import { BackfillProgress } from "./progress.ts";
import { backfillRoutes } from "./routes/v2/backfills.ts";
import { backfillWorkflow } from "./workflows/run-backfill.ts";

export type { Backfill, BackfillBatch, Json } from "./backfill.ts";
export { pauseBackfills } from "./commands/pause-backfills.ts";
export { type BackfillVerdict, verifyBackfills } from "./commands/verify-backfills.ts";
export { backfillProperties } from "./config.ts";
export { listBackfills, unfinishedBackfills } from "./queries/list-backfills.ts";

export interface BackfillDeps {
  config: Config;
  database: Database;
  log: Log;
  client: EngineClient<Tx>;
  /** Those this build knows. */
  backfills: readonly Backfill[];
}

/** What backfills bring to the server. */
export interface BackfillParts {
  routes: Route[];
  workflows: Workflow<unknown, unknown>[];
  activities: Activity<unknown, unknown, Tx>[];
  schedule: ScheduledRun[];
  /** Adds the rows of backfills that are new to the database; before the engine starts. */
  register(): Promise<void>;
  addMetrics(metrics: Metrics): void;
}

/** Runs the backfills that features declare. */
export function backfillParts(deps: BackfillDeps): BackfillParts {
  const { config, database, backfills } = deps;
  const names = backfills.map(({ name }) => name);
  const progress = new BackfillProgress();
  const batchDeps = {
    ratePerS: config.get(backfillProperties.rowsPerSecond),
    waitingHere: () => database.poolSize().waiting,
    progress,
  };
  return {
    routes: backfillRoutes(deps),
    workflows: names.map(backfillWorkflow),
    activities: backfills.map((backfill) => runBatchesActivity(backfill, batchDeps)),
    schedule: [
      {
        name: "backfill-start",
        schedule: config.get(backfillProperties.cron),
        async start(tx, client) {
          progress.see(await startDueBackfills(tx, client, names));
        },
      },
    ],
    register: () => registerBackfills(deps),
    addMetrics: (metrics) => progress.addTo(metrics),
  };
}

import type { Candidate } from "./candidate.ts";
import { dbos } from "./dbos.ts";
import { graphileWorker, graphileWorkerTuned } from "./graphile-worker.ts";
import { ours } from "./ours.ts";
import { pgBoss, pgBossTuned } from "./pg-boss.ts";

/** Exact versions of what is compared; the bench installs them into a folder of its own. */
export const COMPARED_PACKAGES = { "@dbos-inc/dbos-sdk": "5.3.0", "pg-boss": "12.38.0", "graphile-worker": "0.18.0" };

export const CANDIDATES: Readonly<Record<string, Candidate>> = {
  evertrack: ours,
  dbos,
  "pg-boss": pgBoss,
  "pg-boss, tuned": pgBossTuned,
  "graphile-worker": graphileWorker,
  "graphile-worker, tuned": graphileWorkerTuned,
};

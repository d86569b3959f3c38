import { backfillPath, type ListBackfillsResponse, updateBackfillRequest } from "@evertrack/contract/v2/backfills";
import type { EngineClient } from "@evertrack/engine";
import type { Database, Tx } from "../../../../../platform/db/index.ts";
import { type Route, route } from "../../../../../platform/http/index.ts";
import type { Log } from "../../../../../platform/log/log.ts";
import { changeBackfill } from "../../commands/change-backfill.ts";
import { findBackfill, listBackfills } from "../../queries/list-backfills.ts";

const BACKFILLS = "/api/v2/internal/backfills";

/** Backfills: how far they are, holding them, and how fast they go. There are few, so the list is one page. */
export function backfillRoutes(deps: { database: Database; client: EngineClient<Tx>; log: Log }): Route[] {
  const { db } = deps.database;
  return [
    route({
      method: "GET",
      path: BACKFILLS,
      access: ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_READ"],
      async handle(): Promise<ListBackfillsResponse> {
        const items = await listBackfills(db);
        return { items, total: { count: items.length, type: "EXACT" } };
      },
    }),
    route({
      method: "GET",
      path: `${BACKFILLS}/:name`,
      access: ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_READ"],
      params: backfillPath,
      handle: ({ params }) => findBackfill(db, params.name),
    }),
    route({
      method: "PATCH",
      path: `${BACKFILLS}/:name`,
      access: ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_UPDATE"],
      params: backfillPath,
      body: updateBackfillRequest,
      async handle({ params, body, principal }) {
        const { paused, rows_per_second_max: rowsPerSecond } = body;
        await changeBackfill(deps, { name: params.name, paused, rowsPerSecond, principal });
        return findBackfill(db, params.name);
      },
    }),
  ];
}

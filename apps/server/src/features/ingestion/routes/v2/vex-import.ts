import { uuidText } from "@evertrack/contract/v1/access";
import { z } from "zod";
import { type Route, route } from "../../../../platform/http/index.ts";
import type { IngestionDeps } from "../../deps.ts";
import { vexStatusFor } from "../../queries/vex-status.ts";

const byToken = z.object({ token: uuidText });

/** What became of a VEX, with the reason when it failed and notes on what was not applied. */
export function vexImportRoutes(deps: IngestionDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v2/internal/vex-imports/:token",
      access: ["VULNERABILITY_ANALYSIS", "VULNERABILITY_ANALYSIS_UPDATE", "VIEW_VULNERABILITY"],
      params: byToken,
      handle: ({ params, principal }) => vexStatusFor(deps, principal, params.token),
    }),
  ];
}

import { uuidText } from "@evertrack/contract/v1/access";
import { z } from "zod";
import { type Route, route } from "../../../../platform/http/index.ts";
import type { IngestionDeps } from "../../deps.ts";
import { uploadStatusFor } from "../../queries/token-status.ts";

const byToken = z.object({ token: uuidText });

/** What became of an upload, with the reason when it failed and notes on what was left out. */
export function bomUploadRoutes(deps: IngestionDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v2/internal/bom-uploads/:token",
      access: ["BOM_UPLOAD", "VIEW_PORTFOLIO"],
      params: byToken,
      handle: ({ params, principal }) => uploadStatusFor(deps, principal, params.token),
    }),
  ];
}

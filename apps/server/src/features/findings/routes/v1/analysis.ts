import { uuidText } from "@evertrack/contract/v1/access";
import { analysisRequest } from "@evertrack/contract/v1/analysis";
import { z } from "zod";
import type { Clock } from "../../../../platform/clock/clock.ts";
import { type Route, route } from "../../../../platform/http/index.ts";
import type { LookupDeps } from "../../../projects/index.ts";
import { changeAnalysis } from "../../commands/change-analysis.ts";
import { readAnalysis } from "../../queries/read-analysis.ts";

const byNames = z.object({
  project: z
    .union([uuidText, z.literal("")])
    .optional()
    .transform((uuid) => (uuid === "" ? undefined : uuid)),
  component: uuidText,
  vulnerability: uuidText,
});

/** What was decided about a finding, and the trail of it. */
export function analysisRoutes(deps: LookupDeps & { clock: Clock }): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/analysis",
      access: ["VIEW_VULNERABILITY"],
      query: byNames,
      handle: ({ query, principal }) => readAnalysis(deps, principal, query),
    }),
    route({
      method: "PUT",
      path: "/api/v1/analysis",
      access: ["VULNERABILITY_ANALYSIS", "VULNERABILITY_ANALYSIS_UPDATE"],
      body: analysisRequest,
      handle: ({ body, principal }) => changeAnalysis(deps, principal, body),
    }),
  ];
}

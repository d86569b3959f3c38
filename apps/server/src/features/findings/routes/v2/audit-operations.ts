import { uuidText } from "@evertrack/contract/v1/access";
import { auditOperationRequest } from "@evertrack/contract/v2/audit-operations";
import { z } from "zod";
import type { Clock } from "../../../../platform/clock/clock.ts";
import { type Route, route } from "../../../../platform/http/index.ts";
import type { LookupDeps } from "../../../projects/index.ts";
import { auditMany, undoAudit } from "../../commands/audit-many.ts";

const MAY_DECIDE = ["VULNERABILITY_ANALYSIS", "VULNERABILITY_ANALYSIS_UPDATE"] as const;

/** Deciding about many findings at once, and taking that back. */
export function auditOperationRoutes(deps: LookupDeps & { clock: Clock }): Route[] {
  return [
    route({
      method: "POST",
      path: "/api/v2/audit-operations",
      access: MAY_DECIDE,
      body: auditOperationRequest,
      handle: ({ body, principal }) => auditMany(deps, principal, body),
    }),
    route({
      method: "POST",
      path: "/api/v2/audit-operations/:uuid/undo",
      access: MAY_DECIDE,
      params: z.object({ uuid: uuidText }),
      handle: ({ params, principal }) => undoAudit(deps, principal, params.uuid),
    }),
  ];
}

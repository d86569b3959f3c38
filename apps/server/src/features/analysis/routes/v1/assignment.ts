import { uuidText } from "@evertrack/contract/v1/access";
import { z } from "zod";
import { PlainError, type Principal, type Route, route } from "../../../../platform/http/index.ts";
import { findVulnerability, findVulnerabilityByUuid } from "../../../vulnerabilities/index.ts";
import {
  type AssignmentDeps,
  assignVulnerability,
  unassignVulnerability,
} from "../../commands/assign-vulnerability.ts";

const byName = z.object({ source: z.string(), vulnId: z.string(), component: uuidText });
const byUuid = z.object({ uuid: uuidText, component: uuidText });

type Named = z.output<typeof byName> | z.output<typeof byUuid>;
type Change = typeof assignVulnerability;

/** Findings made by hand, and taken back (spec/api-v1.md); a vulnerability is named by source and id, or by UUID. */
export function assignmentRoutes(deps: AssignmentDeps): Route[] {
  return [
    ...both(deps, "POST", ["PORTFOLIO_MANAGEMENT", "PORTFOLIO_MANAGEMENT_UPDATE"], assignVulnerability),
    ...both(deps, "DELETE", ["PORTFOLIO_MANAGEMENT", "PORTFOLIO_MANAGEMENT_DELETE"], unassignVulnerability),
  ];
}

function both(deps: AssignmentDeps, method: "POST" | "DELETE", access: Route["access"], change: Change): Route[] {
  const handle = async (params: Named, principal: Principal) => {
    const vulnerabilityId = await requireVulnerabilityId(deps, params);
    await change(deps, principal, { vulnerabilityId, component: params.component });
  };
  return [
    route({
      method,
      path: "/api/v1/vulnerability/source/:source/vuln/:vulnId/component/:component",
      access,
      params: byName,
      handle: ({ params, principal }) => handle(params, principal),
    }),
    route({
      method,
      path: "/api/v1/vulnerability/:uuid/component/:component",
      access,
      params: byUuid,
      handle: ({ params, principal }) => handle(params, principal),
    }),
  ];
}

async function requireVulnerabilityId({ database: { db } }: AssignmentDeps, named: Named): Promise<number> {
  const found =
    "uuid" in named
      ? await findVulnerabilityByUuid(db, named.uuid)
      : await findVulnerability(db, named.source.toUpperCase(), named.vulnId);
  if (found === undefined) throw new PlainError(404, "The vulnerability could not be found.");
  return found.id;
}

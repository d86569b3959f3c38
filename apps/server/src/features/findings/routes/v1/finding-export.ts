import { uuidText } from "@evertrack/contract/v1/access";
import { z } from "zod";
import { attachment, type Route, route } from "../../../../platform/http/index.ts";
import { type FindingExportDeps, fpfOf } from "../../queries/export-findings.ts";

const byUuid = z.object({ uuid: uuidText });

/** Findings of a project as a file for other tools. */
export function findingExportRoutes(deps: FindingExportDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/finding/project/:uuid/export",
      access: ["VIEW_VULNERABILITY"],
      params: byUuid,
      async handle({ params, principal, reply }) {
        const { project, text } = await fpfOf(deps, principal, params.uuid);
        attachment(reply, `findings-${project.uuid}.fpf`);
        reply.type("application/json");
        return text;
      },
    }),
  ];
}

import { uuidText } from "@evertrack/contract/v1/access";
import { bomExportQuery, vexExportQuery } from "@evertrack/contract/v1/export";
import type { FastifyReply } from "fastify";
import { z } from "zod";
import {
  attachment,
  holdsAny,
  PlainError,
  type Principal,
  type Route,
  route,
} from "../../../../platform/http/index.ts";
import {
  type ExportDeps,
  type ExportOptions,
  type ExportVariant,
  exportComponent,
  exportProject,
} from "../../queries/export-bom.ts";

const byUuid = z.object({ uuid: uuidText });
const MAY_SEE_VULNERABILITIES = [
  "VIEW_VULNERABILITY",
  "VULNERABILITY_ANALYSIS",
  "VULNERABILITY_ANALYSIS_READ",
] as const;

/** Projects and components as CycloneDX. */
export function cyclonedxRoutes(deps: ExportDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/bom/cyclonedx/project/:uuid",
      access: ["VIEW_PORTFOLIO"],
      params: byUuid,
      query: bomExportQuery,
      async handle({ params, query, principal, reply }) {
        const { format, version: specVersion, variant, download } = query;
        if (variant !== "inventory") requireVulnerabilities(principal);
        const text = await exportProject(deps, principal, params.uuid, variant, { format, specVersion });
        describe(reply, { format, specVersion }, download ? { uuid: params.uuid, variant } : undefined);
        return text;
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/bom/cyclonedx/component/:uuid",
      access: ["VIEW_PORTFOLIO"],
      params: byUuid,
      query: bomExportQuery.omit({ variant: true }),
      async handle({ params, query, principal, reply }) {
        const options = { format: query.format, specVersion: query.version };
        const text = await exportComponent(deps, principal, params.uuid, options);
        describe(reply, options, query.download ? { uuid: params.uuid, variant: "inventory" } : undefined);
        return text;
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/vex/cyclonedx/project/:uuid",
      access: MAY_SEE_VULNERABILITIES,
      params: byUuid,
      query: vexExportQuery,
      async handle({ params, query, principal, reply }) {
        const options: ExportOptions = { format: "json", specVersion: query.version };
        const text = await exportProject(deps, principal, params.uuid, "vex", options);
        describe(reply, options, query.download ? { uuid: params.uuid, variant: "vex" } : undefined);
        return text;
      },
    }),
  ];
}

function requireVulnerabilities(principal: Principal): void {
  if (!holdsAny(principal, MAY_SEE_VULNERABILITIES)) throw new PlainError(403);
}

/** Says what the answer is, once there is one: a refusal has headers of its own. */
function describe(
  reply: FastifyReply,
  { format }: ExportOptions,
  file: { uuid: string; variant: ExportVariant } | undefined,
): void {
  if (file === undefined) reply.type(`application/vnd.cyclonedx+${format}`);
  else {
    attachment(reply, `${file.uuid}-${file.variant}.cdx.${format}`);
    reply.type("application/octet-stream");
  }
}

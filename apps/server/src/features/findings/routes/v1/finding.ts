import { uuidText } from "@evertrack/contract/v1/access";
import { z } from "zod";
import { pageOf, pagingQuery, type Route, route, totalCount } from "../../../../platform/http/index.ts";
import { type FindingExportDeps, sarifOf } from "../../queries/export-findings.ts";
import { listFindings } from "../../queries/list-findings.ts";

const byUuid = z.object({ uuid: uuidText });
const flag = z.enum(["true", "false"]).transform((text) => text === "true");
/** From 0 to 1; what clients send empty bounds nothing. Rounded as scores are stored. */
const bound = z
  .string()
  .transform((text) => (text.trim() === "" ? undefined : Math.fround(Number(text))))
  .pipe(z.number().min(0).max(1).optional())
  .optional();
const listQuery = pagingQuery.extend({
  source: z.string().optional(),
  suppressed: flag.optional(),
  hasAnalysis: flag.optional(),
  isKev: flag.optional(),
  epssFrom: bound,
  epssTo: bound,
});

const SARIF_TYPE = "application/sarif+json";

/** Findings of a project: a page of them, or all as SARIF. */
export function findingRoutes(deps: FindingExportDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/finding/project/:uuid",
      access: ["VIEW_VULNERABILITY"],
      params: byUuid,
      query: listQuery,
      async handle({ params, query, principal, raw, reply }) {
        const filter = {
          source: query.source?.toUpperCase(),
          withSuppressed: query.suppressed === true,
          hasAnalysis: query.hasAnalysis,
          isKev: query.isKev,
          epssFrom: query.epssFrom,
          epssTo: query.epssTo,
        };
        const page = pageOf(query);
        if (raw.headers.accept?.includes(SARIF_TYPE)) {
          reply.type(SARIF_TYPE);
          return sarifOf(deps, principal, params.uuid, { ...filter, searchText: page.searchText });
        }
        const request = { projectUuid: params.uuid, page, filter };
        const { findings, total } = await listFindings(deps, principal, request);
        totalCount(reply, total);
        return findings;
      },
    }),
  ];
}

import { uuidText } from "@evertrack/contract/v1/access";
import { z } from "zod";
import { AppError, pageOf, pagingQuery, type Route, route, totalCount } from "../../../../platform/http/index.ts";
import { type FindingExportDeps, sarifOf } from "../../queries/export-findings.ts";
import { listFindings } from "../../queries/list-findings.ts";

const byUuid = z.object({ uuid: uuidText });
const flag = z.enum(["true", "false"]).transform((text) => text === "true");
const listQuery = pagingQuery.extend({
  source: z.string().optional(),
  suppressed: flag.optional(),
  hasAnalysis: flag.optional(),
  isKev: flag.optional(),
  epssFrom: z.string().optional(),
  epssTo: z.string().optional(),
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
        refuseUnbuilt(query);
        const filter = {
          source: query.source?.toUpperCase(),
          withSuppressed: query.suppressed === true,
          hasAnalysis: query.hasAnalysis,
        };
        const page = pageOf(query);
        if (raw.headers.accept?.includes(SARIF_TYPE)) {
          reply.type(SARIF_TYPE);
          return sarifOf(deps, principal, params.uuid, { ...filter, searchText: page.searchText });
        }
        const request = { projectUuid: params.uuid, page, ...filter };
        const { findings, total } = await listFindings(deps, principal, request);
        totalCount(reply, total);
        return findings;
      },
    }),
  ];
}

/** Answering a filter by ignoring it would show findings as if it had been applied. */
function refuseUnbuilt(query: z.output<typeof listQuery>): void {
  const filter = (["isKev", "epssFrom", "epssTo"] as const).find((name) => query[name] !== undefined);
  if (filter !== undefined) throw new AppError("not-built-yet", `The filter ${filter} is not built yet.`);
}

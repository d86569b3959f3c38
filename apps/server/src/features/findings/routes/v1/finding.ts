import { uuidText } from "@evertrack/contract/v1/access";
import { z } from "zod";
import { AppError, pageOf, pagingQuery, type Route, route, totalCount } from "../../../../platform/http/index.ts";
import type { LookupDeps } from "../../../projects/index.ts";
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

/** Findings of a project. */
export function findingRoutes(deps: LookupDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/finding/project/:uuid",
      access: ["VIEW_VULNERABILITY"],
      params: byUuid,
      query: listQuery,
      async handle({ params, query, principal, raw, reply }) {
        refuseUnbuilt(query, raw.headers.accept);
        const request = { projectUuid: params.uuid, page: pageOf(query), source: query.source?.toUpperCase() };
        const { findings, total } = await listFindings(deps, principal, request);
        totalCount(reply, total);
        return findings;
      },
    }),
  ];
}

/** Answering a filter by ignoring it would show findings as if it had been applied. */
function refuseUnbuilt(query: z.output<typeof listQuery>, accept: string | undefined): void {
  if (accept?.includes("application/sarif+json"))
    throw new AppError("not-built-yet", "Findings as SARIF are not built yet.");
  const filter = (["isKev", "epssFrom", "epssTo", "hasAnalysis"] as const).find((name) => query[name] !== undefined);
  if (filter !== undefined) throw new AppError("not-built-yet", `The filter ${filter} is not built yet.`);
}

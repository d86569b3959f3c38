import type { FastifyReply } from "fastify";
import { z } from "zod";
import { pageOf, pagingQuery, type Route, route, totalCount } from "../../../../platform/http/index.ts";
import type { LookupDeps } from "../../../projects/index.ts";
import type { Total } from "../../queries/find-page.ts";
import { listGroupedFindings } from "../../queries/list-grouped-findings.ts";
import { listPortfolioFindings } from "../../queries/list-portfolio-findings.ts";
import { findingQuery, groupedQuery, vulnerabilityFilter, vulnerabilityQuery } from "./portfolio-query.ts";

/** Where `totalCount=BOUNDED` ends counting (spec/analysis.md §10). */
const BOUNDED_TOTAL = 10_000;

const listQuery = z.object({ ...pagingQuery.shape, ...vulnerabilityQuery, ...findingQuery });
const groupQuery = z.object({ ...pagingQuery.shape, ...vulnerabilityQuery, ...groupedQuery });

function tellTotal(reply: FastifyReply, { total, isAtLeast }: Total): void {
  totalCount(reply, total);
  reply.header("X-Total-Count-Type", isAtLeast ? "AT_LEAST" : "EXACT");
}

/** Findings of the whole portfolio, each or by vulnerability. */
export function portfolioFindingRoutes(deps: LookupDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/finding",
      access: ["VIEW_VULNERABILITY"],
      query: listQuery,
      async handle({ query, principal, reply }) {
        const { findings, ...total } = await listPortfolioFindings(deps, principal, {
          page: pageOf(query),
          countMax: query.totalCount === "BOUNDED" ? BOUNDED_TOTAL : undefined,
          withInactive: query.showInactive === true,
          filter: {
            ...vulnerabilityFilter(query),
            attributedOn: { from: query.attributedOnDateFrom, to: query.attributedOnDateTo },
            withSuppressed: query.showSuppressed === true,
            states: query.analysisStatus,
            responses: query.vendorResponse,
          },
        });
        tellTotal(reply, total);
        return findings;
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/finding/grouped",
      access: ["VIEW_VULNERABILITY"],
      query: groupQuery,
      async handle({ query, principal, reply }) {
        const { findings, ...total } = await listGroupedFindings(deps, principal, {
          page: pageOf(query),
          withInactive: query.showInactive === true,
          filter: vulnerabilityFilter(query),
          occurrences: { from: query.occurrencesFrom, to: query.occurrencesTo },
          countMax: query.totalCount === "BOUNDED" ? BOUNDED_TOTAL : undefined,
        });
        tellTotal(reply, total);
        return findings;
      },
    }),
  ];
}

import type { EngineClient } from "@evertrack/engine";
import { z } from "zod";
import type { Tx } from "../../../../platform/db/index.ts";
import { type Route, route } from "../../../../platform/http/index.ts";
import type { LookupDeps } from "../../../projects/index.ts";
import { startPortfolioUpdate } from "../../commands/start-portfolio-update.ts";
import { portfolioMetrics } from "../../queries/portfolio-metrics.ts";
import { vulnerabilityMetrics } from "../../queries/vulnerability-metrics.ts";
import { dayCount } from "./metrics.ts";

/** Sums over the projects the caller sees, and over all vulnerabilities. */
export function portfolioMetricsRoutes(deps: LookupDeps & { client: EngineClient<Tx> }): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/metrics/portfolio/current",
      access: ["VIEW_PORTFOLIO"],
      async handle({ principal }) {
        const [today] = await portfolioMetrics(deps, principal, 0);
        return today;
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/metrics/portfolio/refresh",
      access: ["PORTFOLIO_MANAGEMENT", "PORTFOLIO_MANAGEMENT_UPDATE"],
      async handle() {
        await deps.database.transaction((tx) => startPortfolioUpdate(tx, deps.client, "manual"));
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/metrics/portfolio/:days/days",
      access: ["VIEW_PORTFOLIO"],
      params: z.object({ days: dayCount }),
      handle: ({ params, principal }) => portfolioMetrics(deps, principal, params.days),
    }),
    route({
      method: "GET",
      path: "/api/v1/metrics/vulnerability",
      access: ["VIEW_PORTFOLIO"],
      handle: () => vulnerabilityMetrics(deps.database.db),
    }),
  ];
}

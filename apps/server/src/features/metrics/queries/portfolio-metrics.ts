import type { PortfolioMetricsResponse } from "@evertrack/contract/v1/metrics";
import type { Principal } from "../../../platform/http/index.ts";
import { type LookupDeps, portfolioScopeOf } from "../../projects/index.ts";
import { type PortfolioRow, sumByDay } from "../store/portfolio.ts";
import { present } from "./project-metrics.ts";

/** Sums over the active projects the caller sees: one per day of the last `days`, today's last. */
export async function portfolioMetrics(
  deps: LookupDeps,
  principal: Principal,
  days: number,
): Promise<PortfolioMetricsResponse[]> {
  const scope = await portfolioScopeOf(deps.settings, principal);
  return (await sumByDay(deps.database.db, scope, days)).map(presentSum);
}

function presentSum(row: PortfolioRow): PortfolioMetricsResponse {
  return { ...present(row), projects: row.projects, vulnerableProjects: row.vulnerable_projects };
}

import type { EngineClient } from "@evertrack/engine";
import type { Tx } from "../../../platform/db/index.ts";
import { PORTFOLIO_METRICS_INSTANCE, updatePortfolioMetrics } from "../workflows/update-portfolio-metrics.ts";

const PRIORITIES = { manual: 75, schedule: 0 } as const;

/** Starts counting the whole portfolio, in the caller's transaction; when that is going on already, it goes on. */
export async function startPortfolioUpdate(
  tx: Tx,
  client: EngineClient<Tx>,
  trigger: keyof typeof PRIORITIES,
): Promise<void> {
  const options = { instanceId: PORTFOLIO_METRICS_INSTANCE, priority: PRIORITIES[trigger] };
  await client.startRun(tx, updatePortfolioMetrics, { afterId: 0, failures: 0 }, options);
}

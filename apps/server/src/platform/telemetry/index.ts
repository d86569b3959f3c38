export { addEngineMetrics } from "./engine-metrics.ts";
export { Metrics } from "./metrics.ts";

import { expect, test } from "vitest";
import { loadConfig } from "../../platform/config/index.ts";
import { heartbeatTiming } from "./config.ts";

const timingWith = (environment: Record<string, string>) =>
  heartbeatTiming(loadConfig({ environment, workingDirectory: "/nowhere" }));

test("a lapse shorter than three intervals is refused, naming both properties", () => {
  expect(timingWith({})).toEqual({ intervalMs: 10_000, lapseMs: 60_000 });
  expect(timingWith({ DT_CLUSTER_HEARTBEAT_LAPSE_MS: "30000" }).lapseMs).toBe(30_000);
  expect(() => timingWith({ DT_CLUSTER_HEARTBEAT_LAPSE_MS: "29999" })).toThrow(
    /dt\.cluster\.heartbeat-lapse-ms.*at least 30000, three times dt\.cluster\.heartbeat-interval-ms/,
  );
});

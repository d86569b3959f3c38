import { setTimeout as delay } from "node:timers/promises";
import { until } from "@evertrack/engine/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestServer, testServer } from "../../testing/test-server.ts";
import { systemClock } from "../clock/clock.ts";
import type { ScheduledRun } from "./schedule.ts";
import { StartUpRuns } from "./start-up.ts";

let server: TestServer;
beforeAll(async () => {
  server = await testServer({ properties: { "dt.dex-engine.leader-election.lease-check-interval-ms": "100" } });
});
afterAll(async () => {
  await server?.engine.stop({ graceMs: 0 });
  await server?.close();
});

const DELAY_MAX_MS = 60_000;
const LOOK_EVERY_MS = 20;
const SEVERAL_LOOKS_MS = 500;

test("overdue tasks are looked for once this instance leads: not before, again after a failure, then no more", async () => {
  const delays: number[] = [];
  const plain: ScheduledRun = { name: "plain", schedule: "0 0 1 1 *", start: async () => undefined };
  const overdue: ScheduledRun = {
    ...plain,
    name: "overdue",
    async atStart(_tx, _client, delayMs) {
      delays.push(delayMs);
      if (delays.length === 1) throw new Error("planted");
    },
  };
  const { database, log, engine } = server;
  const startUp = new StartUpRuns({
    tasks: [plain, overdue],
    database,
    log,
    client: engine.client,
    clock: systemClock,
    delayMaxMs: DELAY_MAX_MS,
    lookEveryMs: LOOK_EVERY_MS,
  });
  startUp.watch(engine);
  try {
    await delay(SEVERAL_LOOKS_MS);
    expect(delays, "the engine has not started").toEqual([]);
    await engine.start();
    await until("both looks", () => delays.length === 2);
    await delay(SEVERAL_LOOKS_MS);
    expect(delays).toHaveLength(2);
    for (const each of delays) expect(each >= 0 && each <= DELAY_MAX_MS, String(each)).toBe(true);
  } finally {
    startUp.stop();
  }
});

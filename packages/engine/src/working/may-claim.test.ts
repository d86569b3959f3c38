import { afterAll, expect, test } from "vitest";
import { defineWorkflow } from "../authoring/index.ts";
import { engineTestDatabase, startTestEngine, until } from "../testing/index.ts";

const quick = defineWorkflow({ name: "quick", input: (raw) => raw, run: async () => "done" });
const ticked = defineWorkflow({ name: "ticked", input: (raw) => raw, run: async () => null });

const database = await engineTestDatabase();
afterAll(() => database.drop());

test("an engine that may not claim claims nothing, fires no cron and does not lead, until it may", async () => {
  let may = false;
  const t = await startTestEngine(database.url, {
    workflows: [quick, ticked],
    mayClaim: () => may,
    cron: [
      {
        name: "every-second",
        schedule: "* * * * * *",
        async start(tx, client) {
          await client.startRun(tx, ticked, null);
        },
      },
    ],
  });
  const count = async (table: string) => (await t.pool.query(`select 1 from ${table}`)).rowCount ?? 0;
  const id = await t.start(quick, null);
  await t.pool.query("select pg_sleep(1.2)");
  expect((await t.engine.client.getRun(id))?.status).toBe("CREATED");
  expect(t.engine.isLeader()).toBe(false);
  expect([await count("wf_lease"), await count("wf_cron_firing")]).toEqual([0, 0]);
  may = true;
  expect((await t.finished(id)).status).toBe("COMPLETED");
  await until("cron fires", async () => (await count("wf_cron_firing where fired_by is not null")) > 0);
  may = false;
  expect(t.engine.isLeader()).toBe(false);
  await until("the lease is given back", async () => (await count("wf_lease")) === 0);
  const held = await t.start(quick, null);
  const firings = await count("wf_cron_firing");
  await t.pool.query("select pg_sleep(1.2)");
  expect(await count("wf_cron_firing")).toBe(firings);
  expect((await t.engine.client.getRun(held))?.status).toBe("CREATED");
  await t.stop();
});

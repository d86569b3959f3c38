import { describe, expect, test } from "vitest";
import { withClient } from "./connection.ts";
import { sweep } from "./stale-test-databases.ts";
import { TEST_DATABASE_URL_VARIABLE, testDatabase } from "./testing.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

describe("testDatabase", () => {
  test("gives each caller a database of its own", async () => {
    const [one, two] = await Promise.all([testDatabase(), testDatabase()]);
    await withClient(one.url, (client) => client.query("create table only_here ()"));
    const { rows } = await withClient(two.url, (client) => client.query("select to_regclass('only_here') as found"));
    expect(rows).toEqual([{ found: null }]);
    await Promise.all([one.drop(), two.drop()]);
  });

  test("prepares a template once for several callers and clones it", async () => {
    let prepared = 0;
    const template = {
      name: "counting",
      prepare: async (url: string) => {
        prepared++;
        await withClient(url, (client) => client.query("create table seed as select 42 as answer"));
      },
    };
    const clones = await Promise.all([1, 2, 3, 4].map(() => testDatabase({ template })));
    for (const { url } of clones) {
      const { rows } = await withClient(url, (client) => client.query("select answer from seed"));
      expect(rows).toEqual([{ answer: 42 }]);
    }
    expect(prepared).toBe(1);
    await Promise.all(clones.map((clone) => clone.drop()));
  });

  test("keeps nothing of a template that failed, and says why", async () => {
    const template = { name: "failing", prepare: () => Promise.reject(new Error("no such luck")) };
    await expect(testDatabase({ template })).rejects.toThrow("no such luck");
    await expect(testDatabase({ template })).rejects.toThrow("no such luck");
  });

  test("drops a database to which somebody is still connected", async () => {
    const database = await testDatabase();
    await withClient(database.url, async (client) => {
      await database.drop();
      await expect(client.query("select 1")).rejects.toThrow();
    });
  });

  test("sweeps away what is older than a day, and only that", async () => {
    const adminUrl = process.env[TEST_DATABASE_URL_VARIABLE] ?? "";
    const old = `evt_test_${Date.now() - 2 * DAY_MS}_swept`;
    const fresh = await testDatabase();
    await withClient(adminUrl, (admin) => admin.query(`create database ${old}`));
    const dropped = await sweep(adminUrl, Date.now());
    expect(dropped).toContain(old);
    expect(dropped).not.toContain(fresh.name);
    await fresh.drop();
  });
});

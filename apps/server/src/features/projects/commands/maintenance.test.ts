import { until } from "@evertrack/engine/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { executorOf } from "../../../platform/db/index.ts";
import { Seed } from "../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { Settings } from "../../settings/index.ts";
import { insertIntoHierarchy } from "../store/hierarchy.ts";
import { deleteBeyondRetention, type Retention } from "../store/retention.ts";
import { ensureTags, replaceTags } from "../store/tags.ts";
import { deleteProjectsBeyondRetention } from "./delete-beyond-retention.ts";
import { deleteTagsUnused } from "./delete-unused-tags.ts";

let server: TestServer;
let seed: Seed;
let settings: Settings;
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
  settings = new Settings(server.database);
});
afterAll(() => server?.close());
beforeEach(async () => {
  await seed.rows("truncate project, tag cascade");
  for (const [name, value] of [
    ["projects.retention.type", ""],
    ["projects.retention.days", "30"],
    ["projects.retention.versions", "2"],
    ["tags.delete.unused", "true"],
  ] as const)
    await set(name, value);
});

async function set(propertyName: string, propertyValue: string): Promise<number> {
  const headers = { authorization: `Bearer ${await server.adminToken()}` };
  const body = { groupName: "maintenance", propertyName, propertyValue };
  const answer = await server.request("POST", "/api/v1/configProperty", { headers, body });
  settings.forget();
  return answer.statusCode;
}

interface Given {
  name?: string;
  parentId?: number;
  /** Days since it became inactive; absent = active. */
  inactive?: number;
}

let counter = 0;
async function project({ name = "p", parentId, inactive }: Given = {}): Promise<number> {
  const [row] = await seed.rows<{ id: number }>(
    `insert into project (name, version, parent_id, inactive_since)
     values ($1, $2, $3, now() - $4 * interval '1 day') returning id`,
    [name, `v${++counter}`, parentId ?? null, inactive ?? null],
  );
  const id = row?.id ?? 0;
  await server.database.transaction((tx) => insertIntoHierarchy(tx, id, parentId ?? null));
  return id;
}

/** Projects that were to be emptied before they were deleted. */
const emptied: number[] = [];
const clean = (signal = new AbortController().signal) => {
  const { database, log } = server;
  const deps = { database, log, settings, emptyProject: async (_: unknown, id: number) => emptied.push(id) };
  return deleteProjectsBeyondRetention(deps as unknown as Parameters<typeof deleteProjectsBeyondRetention>[0], signal);
};
const left = async () => (await seed.rows<{ id: number }>("select id from project order by id")).map(({ id }) => id);

describe("retention of projects", () => {
  test("is off unless somebody switched it on, and takes sensible values only", async () => {
    const ids = [await project({ inactive: 1_000 }), await project()];
    expect(await clean()).toBe(0);
    expect(await left()).toEqual(ids);
    expect(await set("projects.retention.type", "NEVER")).toBe(400);
    expect(await set("projects.retention.days", "0")).toBe(400);
    expect(await set("projects.retention.versions", "0")).toBe(400);
  });

  test("by age deletes what has been inactive for longer, with its components, and nothing else", async () => {
    await set("projects.retention.type", "AGE");
    const [active, old, recent] = [await project(), await project({ inactive: 31 }), await project({ inactive: 29 })];
    for (const id of [active, old]) await seed.component(id, await seed.identity(`pkg:npm/c${id}@1`));
    expect(await clean()).toBe(1);
    expect(await left()).toEqual([active, recent]);
    expect(await seed.rows("select project_id from component")).toEqual([{ project_id: active }]);
    expect(await clean()).toBe(0);
  });

  test("by versions keeps those of each name that became inactive last; active ones do not count", async () => {
    await set("projects.retention.type", "VERSIONS");
    await project({ name: "a", inactive: 3 });
    const kept = [
      await project({ name: "a", inactive: 2 }),
      await project({ name: "a", inactive: 1 }),
      await project({ name: "a" }),
      await project({ name: "b", inactive: 900 }),
    ];
    const equal = [
      await project({ name: "c", inactive: 5 }),
      await project({ name: "c", inactive: 5 }),
      await project({ name: "c", inactive: 5 }),
    ];
    await seed.rows("update project set inactive_since = '2020-01-01' where name = 'c'");
    expect(await clean()).toBe(2);
    expect(await left()).toEqual([...kept, ...equal.slice(1)]);
  });

  test("takes trees from the leaves up and leaves what has something kept below it", async () => {
    await set("projects.retention.type", "AGE");
    const gone = await project({ inactive: 40 });
    await project({ inactive: 50, parentId: await project({ inactive: 40, parentId: gone }) });
    const above = await project({ inactive: 90 });
    const parent = await project({ inactive: 90, parentId: above });
    const active = await project({ parentId: parent });
    const young = await project({ inactive: 90 });
    const youngChild = await project({ inactive: 1, parentId: young });
    expect(await clean()).toBe(3);
    expect(await left()).toEqual([above, parent, active, young, youngChild]);
  });

  test("looks again when it deletes: activated since, given a child since, or in use are left", async () => {
    const retention: Retention = { type: "AGE", days: 30 };
    const [activated, parent, used] = [
      await project({ inactive: 40 }),
      await project({ inactive: 40 }),
      await project({ inactive: 40 }),
    ];
    await seed.rows("update project set inactive_since = null where id = $1", [activated]);
    await project({ parentId: parent });
    const remove = (id: number) => server.database.transaction((tx) => deleteBeyondRetention(tx, retention, id));
    expect([await remove(activated), await remove(parent)]).toEqual([false, false]);
    await server.database.transaction(async (tx) => {
      await executorOf(tx).query("select 1 from project where id = $1 for key share", [used]);
      expect(await remove(used)).toBe(false);
    });
    expect(await remove(used)).toBe(true);
  });

  test("empties large projects first, unless they stay", async () => {
    await set("projects.retention.type", "AGE");
    const [large, small, parent] = [
      await project({ inactive: 40 }),
      await project({ inactive: 40 }),
      await project({ inactive: 40 }),
    ];
    await project({ parentId: parent });
    await seed.rows("update project set component_count = 20001 where id = any($1)", [[large, parent]]);
    await seed.rows("update project set component_count = 20000 where id = $1", [small]);
    expect(await clean()).toBe(2);
    expect(emptied).toEqual([large]);
  });

  test("stops between projects when it is aborted; the rest goes next time", async () => {
    await set("projects.retention.type", "AGE");
    for (let count = 0; count < 3; count++) await project({ inactive: 40 });
    expect(await clean(AbortSignal.abort())).toBe(0);
    expect(await clean()).toBe(3);
  });
});

describe("unused tags", () => {
  const tags = async () =>
    (await seed.rows<{ name: string }>("select name from tag order by name")).map(({ name }) => name);
  const cleanTags = () => deleteTagsUnused(server.database, settings, new AbortController().signal);
  const tagged = (id: number, ...names: string[]) =>
    server.database.transaction(async (tx) => replaceTags(tx, id, [...(await ensureTags(tx, names)).values()]));

  test("go, those of projects and collections stay", async () => {
    const id = await project();
    await tagged(id, "used", "dropped");
    await tagged(id, "used");
    await tagged(await project(), "collected");
    await seed.rows(
      "update project set collection_tag_id = (select id from tag where name = 'collected') where id = $1",
      [id],
    );
    await seed.rows("delete from project_tag where tag_id = (select id from tag where name = 'collected')");
    expect(await cleanTags()).toBe(1);
    expect(await tags()).toEqual(["collected", "used"]);
    expect(await cleanTags()).toBe(0);
  });

  test("go in batches however many there are, and stay while the setting is off", async () => {
    await seed.rows("insert into tag (name) select 't' || n from generate_series(1, 2500) n");
    await set("tags.delete.unused", "false");
    expect(await cleanTags()).toBe(0);
    await set("tags.delete.unused", "true");
    expect(await cleanTags()).toBe(2_500);
  });

  test("one that is being deleted while it is used again is created anew; no use is lost", async () => {
    const id = await project();
    await server.database.transaction((tx) => ensureTags(tx, ["reused"]));
    let using: Promise<boolean> | undefined;
    await server.database.transaction(async (tx) => {
      await executorOf(tx).query("select 1 from tag for update");
      using = tagged(id, "reused", "new");
      const waiting = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
      await until("who uses it waits", async () => (await seed.rows(waiting)).length > 0);
      await executorOf(tx).query("delete from tag where name = 'reused'");
    });
    expect(await using).toBe(true);
    expect(await tags()).toEqual(["new", "reused"]);
    expect(await cleanTags()).toBe(0);
  });

  test("one that somebody is about to use is passed over", async () => {
    await server.database.transaction(async (tx) => {
      await ensureTags(tx, ["soon"]);
      expect(await cleanTags()).toBe(0);
    });
    await server.database.transaction(async (tx) => {
      await ensureTags(tx, ["soon"]);
      expect(await cleanTags(), "known already, unused, and locked").toBe(0);
    });
    expect(await tags()).toEqual(["soon"]);
  });
});

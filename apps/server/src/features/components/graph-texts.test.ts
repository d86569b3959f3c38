import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Seed } from "../../testing/seed.ts";
import { type TestServer, testServer } from "../../testing/test-server.ts";
import { GraphTexts } from "./graph-texts.ts";

let server: TestServer;
let seed: Seed;
let id: number;
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
});
afterAll(() => server?.close());

beforeEach(async () => {
  id = (await seed.project()).id;
  await change("bom_digest = 'first', last_bom_import = now()");
  await seed.rows(
    `insert into project_graph (project_id, direct, complete, edges, digest, inventory_digest)
     values ($1, '{}', true, 0, 'first', 'first')`,
    [id],
  );
});

const change = (columns: string) => seed.rows(`update project set ${columns} where id = $1`, [id]);

/** Makes a new text each time it is asked to. */
function counting(texts: GraphTexts, length = 1) {
  let made = 0;
  return (project = id, name = "roots") =>
    texts.read(server.database.db, project, name, async () => `${made++}`.padEnd(length));
}

test("a text is kept while inventory and graph stay, for each project and name by itself", async () => {
  const read = counting(new GraphTexts());
  expect([await read(), await read()]).toEqual(["0", "0"]);
  expect(await read(id, "direct")).toBe("1");
  const other = (await seed.project()).id;
  await seed.rows("update project set bom_digest = 'first' where id = $1", [other]);
  expect(await read(other)).toBe("2");
  expect(await read()).toBe("0");
});

test.each([
  ["the inventory changes", () => change("bom_digest = 'second'")],
  ["the same inventory is imported again", () => change("last_bom_import = last_bom_import + interval '1 ms'")],
  ["the graph changes", () => seed.rows("update project_graph set digest = 'second' where project_id = $1", [id])],
  [
    "the graph is one of another inventory",
    () => seed.rows("update project_graph set inventory_digest = 'second' where project_id = $1", [id]),
  ],
])("it is made anew when %s", async (_, happens) => {
  const read = counting(new GraphTexts());
  await read();
  await happens();
  expect(await read()).toBe("1");
});

test("nothing is kept of a project without an inventory", async () => {
  await change("bom_digest = null");
  const read = counting(new GraphTexts());
  expect([await read(), await read()]).toEqual(["0", "1"]);
});

test("what was not asked for the longest is let go, and what is too long is never kept", async () => {
  const many = counting(new GraphTexts(700), 200);
  await many(id, "a");
  await many(id, "b");
  await many(id, "a");
  await many(id, "c");
  expect((await many(id, "a"))?.trim(), "asked for lately").toBe("0");
  expect((await many(id, "b"))?.trim(), "let go").toBe("3");
  const long = counting(new GraphTexts(700), 600);
  await long();
  expect((await long())?.trim()).toBe("1");
});

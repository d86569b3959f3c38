import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { SPDX_LIST } from "../rules/spdx-list.ts";
import { seedLicenses } from "./seed.ts";

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
beforeEach(async () => {
  await server.database.executor.query("delete from license where custom");
  await seedLicenses(server.database);
});
afterAll(() => server?.close());

async function rows<R extends object>(text: string, values: unknown[] = []): Promise<R[]> {
  return (await server.database.executor.query<R>(text, values)).rows;
}

/** Every row with the transaction that wrote it last. */
const written = () => rows("select xmin::text, id, license_id from license order by id");

const forgetList = () => rows("update license_list set edition = 0");

test("a database that has the list is left alone", async () => {
  const before = await written();
  expect(before).toHaveLength(727);
  await seedLicenses(server.database);
  expect(await written()).toEqual(before);
  expect(await rows("select edition, version from license_list")).toEqual([SPDX_LIST]);
});

test("a newer list is not replaced by this one", async () => {
  await rows("update license_list set edition = $1, version = 'newer'", [SPDX_LIST.edition + 1]);
  await rows("update license set name = 'The newer MIT' where license_id = 'MIT'");
  await seedLicenses(server.database);
  expect(await rows("select version from license_list")).toEqual([{ version: "newer" }]);
  expect(await rows("select name from license where license_id = 'MIT'")).toEqual([{ name: "The newer MIT" }]);
  await forgetList();
});

test("another list changes what differs, adds what is missing, and writes nothing else", async () => {
  const before = await written();
  await rows("update license set name = 'old', text = null where license_id = 'MIT'");
  await rows("delete from license where license_id = 'Zlib'");
  await forgetList();
  await seedLicenses(server.database);
  const after = await written();
  const unchanged = after.filter((row) => before.some((old) => JSON.stringify(old) === JSON.stringify(row)));
  expect([after.length, unchanged.length]).toEqual([727, 725]);
  expect(await rows("select name from license where license_id = any('{MIT,Zlib}') order by 1")).toEqual([
    { name: "MIT License" },
    { name: "zlib License" },
  ]);
});

test("a custom licence keeps what people gave it, even under an id the list has", async () => {
  await rows("delete from license where license_id = 'Zlib'");
  await rows("insert into license (license_id, name, custom) values ('Zlib', 'Ours', true), ('Own-1.0', 'Own', true)");
  await forgetList();
  await seedLicenses(server.database);
  expect(await rows("select license_id, name, text from license where custom order by 1")).toEqual([
    { license_id: "Own-1.0", name: "Own", text: null },
    { license_id: "Zlib", name: "Ours", text: null },
  ]);
});

test("groups that people removed or changed do not come back with a newer list", async () => {
  await rows("delete from license_group where name = 'Copyleft'");
  await rows("update license_list set edition = -1");
  await seedLicenses(server.database);
  expect(await rows("select name from license_group order by 1")).toEqual([
    { name: "Non-Commercial" },
    { name: "Permissive" },
    { name: "Weak Copyleft" },
  ]);
});

test("instances that start at once on a new database bring in one list and one set of groups", async () => {
  await rows("delete from license_group");
  await rows("delete from license");
  await rows("delete from license_list");
  await Promise.all(Array.from({ length: 4 }, () => seedLicenses(server.database)));
  expect(await rows("select count(*)::int as n from license")).toEqual([{ n: 727 }]);
  expect(await rows("select count(*)::int as n from license_group")).toEqual([{ n: 4 }]);
  expect(await rows("select edition, version from license_list")).toEqual([SPDX_LIST]);
});

test("a list that could not be brought in whole leaves nothing", async () => {
  await rows("delete from license_group");
  await rows("delete from license");
  await rows("delete from license_list");
  await rows("alter table license add constraint planted check (license_id <> 'Zlib')");
  await expect(seedLicenses(server.database)).rejects.toThrow("planted");
  expect(await rows("select 1 from license")).toEqual([]);
  expect(await rows("select 1 from license_list")).toEqual([]);
  await rows("alter table license drop constraint planted");
});

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { classifyMigration } from "./classified-files.ts";
import { readMigrationFiles } from "./files.ts";
import { preparedWithoutGrammar } from "./prepare.ts";

const repository = join(import.meta.dirname, "../../..");
const FOLDERS = ["apps/server/migrations", "packages/engine/migrations"];

describe.each(FOLDERS)("the first start of an instance (%s)", (folder) => {
  test("needs no grammar, and runs every migration as the grammar would have it", async () => {
    const files = await readMigrationFiles(join(repository, folder));
    expect(files.length).toBeGreaterThan(0);
    const prepared = files.map((file) => [file.id, preparedWithoutGrammar(file)?.transactional]);
    const judged = await Promise.all(
      files.map(async (file) => [file.id, (await classifyMigration(file)).transactional]),
    );
    expect(prepared).toEqual(judged);
  });
});

test.each([
  "alter system set work_mem = '1MB'",
  "reindex system postgres",
  "create database other",
  "insert into t (id) overriding system value values (1); alter system reset all",
])("what cannot be in a transaction is left to the grammar: %s", (text) => {
  expect(
    preparedWithoutGrammar({ id: "a", path: "a.sql", phase: "expand", reviewed: [], checksum: "", text }),
  ).toBeUndefined();
});

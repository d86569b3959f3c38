import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { classifySql } from "./classify/classify-sql.ts";
import { indexStatementsOf } from "./index-statements.ts";

const repository = join(import.meta.dirname, "../../..");

async function asTheGrammarSplits(text: string) {
  return (await classifySql(text)).map(({ line, text: statement }) => ({ line, text: statement }));
}

test("plain index statements are split as the grammar splits them", async () => {
  const text = `-- phase: expand

-- Why; with a semicolon and a 'quote.
create index concurrently if not exists a on t (x desc)
  where kind = 'work;flow' and y <> 'it''s' and z = -1 / 2;
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS b ON t (lower(x));  -- after; it

drop index concurrently if exists c, d;
-- the end`;
  expect(indexStatementsOf(text)).toEqual(await asTheGrammarSplits(text));
  expect(indexStatementsOf(text)).toHaveLength(3);
});

test("every migration of this repository that is split so is split as the grammar splits it", async () => {
  const texts = globSync(["packages/*/migrations/*.sql", "apps/server/migrations/*.sql"], { cwd: repository })
    .map((path) => readFileSync(join(repository, path), "utf8"))
    .filter((text) => indexStatementsOf(text) !== undefined);
  expect(texts.length).toBeGreaterThan(0);
  for (const text of texts) expect(indexStatementsOf(text)).toEqual(await asTheGrammarSplits(text));
});

test.each([
  ["another statement", "create index concurrently if not exists a on t (x); select 1;"],
  ["an index that is not repeatable", "create index concurrently a on t (x);"],
  ["an index built in a transaction", "create index if not exists a on t (x);"],
  ["a quoted name", 'create index concurrently if not exists "a;b" on t (x);'],
  ["a dollar quote", "create index concurrently if not exists a on t (x) where y = $$;$$;"],
  ["an escape", String.raw`create index concurrently if not exists a on t (x) where y = e'\';';`],
  ["a comment within", "create index concurrently if not exists a -- ;\n on t (x);"],
  ["a block comment within", "create index concurrently if not exists a /* ; */ on t (x);"],
  ["a statement without its end", "create index concurrently if not exists a on t (x)"],
  ["nothing but comments", "-- nothing\n"],
  ["nothing", ""],
])("%s is left to the grammar", (_, text) => {
  expect(indexStatementsOf(text)).toBeUndefined();
});

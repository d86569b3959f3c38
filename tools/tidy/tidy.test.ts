import { describe, expect, test } from "vitest";
import { fakeRepository, type TidyRule } from "./repository.ts";
import { checksumOf } from "./rules/landed-migrations.ts";
import { hashOfWord } from "./rules/unwanted-words.ts";
import { tidyRules } from "./rules.ts";
import unwanted from "./unwanted-words.json" with { type: "json" };

/** What a rule says about a tree, as "path:line". */
function places(name: string, files: Record<string, string>): string[] {
  const rule = tidyRules.find((candidate): candidate is TidyRule => candidate.name === name);
  if (rule === undefined) throw new Error(`no rule named ${name}`);
  return rule
    .check(fakeRepository(files))
    .filter(({ level }) => level === "error")
    .map(({ path, line }) => (line === undefined ? path : `${path}:${line}`));
}

const feature = "apps/server/src/features";
const lines = (count: number) => "const x = 1;\n".repeat(count);

describe("file-length", () => {
  test("a source file over 400 lines is refused, a test is not", () => {
    expect(places("file-length", { "a.ts": lines(400) })).toEqual([]);
    expect(places("file-length", { "a.ts": lines(401), "a.test.ts": lines(401) })).toEqual(["a.ts"]);
  });
});

describe("names", () => {
  test("a name that says nothing is refused, as a file, a folder or a word of either", () => {
    const files = { "apps/cli/src/utils/a.ts": "", "packages/sbom/src/xml-helpers.ts": "", "apps/ui/src/state.ts": "" };
    expect(places("names", files)).toEqual(["apps/cli/src/utils", "packages/sbom/src/xml-helpers.ts"]);
  });
  test("what is not kebab-case is refused", () => {
    expect(places("names", { "apps/cli/src/uploadBom.ts": "", "apps/cli/src/up_load.ts": "" })).toHaveLength(2);
  });
  test("migrations, documents and data keep the names that others prescribe", () => {
    const files = [
      "README.md",
      "apps/server/migrations/202611221030__create_access.sql",
      "fixtures/osv/PyPI/EVT-1.json",
    ];
    expect(places("names", Object.fromEntries(files.map((path) => [path, ""])))).toEqual([]);
  });
});

describe("silenced-compiler", () => {
  test("an ignored compile error is refused", () => {
    expect(places("silenced-compiler", { "a.ts": "// @ts-ignore\n", "b.ts": "// @ts-nocheck\n" })).toEqual([
      "a.ts:1",
      "b.ts:1",
    ]);
  });
  test("an expected one needs its reason", () => {
    const files = {
      "a.ts": "// @ts-expect-error\n",
      "b.ts": "// @ts-expect-error the library types this too narrowly\n",
    };
    expect(places("silenced-compiler", files)).toEqual(["a.ts:1"]);
  });
});

describe("feature-readmes", () => {
  test("a feature without a README is refused", () => {
    const files = {
      [`${feature}/access/index.ts`]: "",
      [`${feature}/policy/index.ts`]: "",
      [`${feature}/policy/README.md`]: "",
    };
    expect(places("feature-readmes", files)).toEqual([`${feature}/access`]);
  });
});

describe("table-owners", () => {
  const migration = "-- phase: expand\n-- Owner: features/access\ncreate table team (id int);\n";
  const owned = {
    "apps/server/migrations/202601010000__a.sql": migration,
    [`${feature}/access/README.md`]: "Owns `team`.",
    [`${feature}/access/store.ts`]: "sql`update team set name = 1`",
  };
  test.each([
    "sql`insert into team (name) values (1)`",
    "sql`with x as (delete from team t returning 1) select 1`",
    "sql`update team t set name = 1`",
    'db.updateTable("team").set({})',
    "copyFrom('copy team (id) from stdin')",
  ])("a write by another feature is refused: %s", (statement) => {
    const files = { ...owned, [`${feature}/policy/store.ts`]: `\n${statement}` };
    expect(places("table-owners", files)).toEqual([`${feature}/policy/store.ts:2`]);
  });
  test("reading, locking and writing about it are allowed", () => {
    const text =
      "// update team set it right\nsql`select 1 from team for update of team`;\nsql`on conflict do update set team = 1`";
    expect(places("table-owners", { ...owned, [`${feature}/policy/store.ts`]: text })).toEqual([]);
  });
  test("a table without an owner, or missing in its owner's README, is refused", () => {
    const files = {
      "apps/server/migrations/202601010000__a.sql":
        "create table orphan (id int);\n-- Owner: features/access\ncreate table team (id int);",
      [`${feature}/access/README.md`]: "Owns nothing.",
    };
    expect(places("table-owners", files)).toEqual([
      "apps/server/migrations/202601010000__a.sql:1",
      `${feature}/access/README.md`,
    ]);
  });
});

describe("statement-tags", () => {
  test("an untagged statement, or one with another feature's name, is refused", () => {
    const text =
      "sql`select 1`.execute(db);\nsql<Row>`/* policy.find */ select ${sql`x`}`.execute(db);\nsql`\n  /* access.findUser */ select 1`.execute(db);";
    expect(places("statement-tags", { [`${feature}/access/store/users.ts`]: text })).toEqual([
      `${feature}/access/store/users.ts:1`,
      `${feature}/access/store/users.ts:2`,
    ]);
  });
  test("query(text) of the engine is judged, transaction control is not", () => {
    const text = 'q.query("begin");\nq.query(`select ${x}`);\nq.query("/* engine.claim */ select 1");\nq.query(text);';
    expect(places("statement-tags", { "packages/engine/src/store/runs.ts": text })).toEqual([
      "packages/engine/src/store/runs.ts:2",
    ]);
  });
});

describe("session-state", () => {
  test.each([
    'q.query("select pg_advisory_lock(1)");',
    'q.query("listen runs");',
    "q.query(`set statement_timeout = 1`);",
    "q.query(`create temp table t (id int)`);",
  ])("what lives in a database session is refused: %s", (statement) => {
    expect(places("session-state", { "packages/engine/src/store/a.ts": statement })).toHaveLength(1);
  });
  test("what lives in the transaction is allowed", () => {
    const text =
      "q.query(`set local lock_timeout = '1s'`);\nq.query(`select pg_try_advisory_xact_lock(1)`);\nq.query(`create temp table t (id int) on commit drop`);\nserver.listen(port);";
    expect(places("session-state", { "packages/engine/src/store/a.ts": text })).toEqual([]);
  });
});

describe("workflow-determinism", () => {
  test.each(["Math.random()", "new Date().getTime()", "Date.now()", "setTimeout(f, 1)", "fetch(url)", "process.env.X"])(
    "%s in a workflow is refused",
    (expression) => {
      const files = {
        [`${feature}/analysis/workflows/analyze.ts`]: expression,
        [`${feature}/analysis/activities.ts`]: expression,
      };
      expect(places("workflow-determinism", files)).toEqual([`${feature}/analysis/workflows/analyze.ts:1`]);
    },
  );
  test("types and the workflow context are allowed", () => {
    const text = "const at: Date = await ctx.now(); // not Date.now()";
    expect(places("workflow-determinism", { [`${feature}/analysis/workflows.ts`]: text })).toEqual([]);
  });
});

describe("landed-migrations", () => {
  const folder = "packages/engine/migrations";
  const landed = { [`${folder}/checksums.json`]: JSON.stringify({ "1__a.sql": checksumOf("select 1;") }) };
  test("a landed migration that changed or vanished is refused", () => {
    expect(places("landed-migrations", { ...landed, [`${folder}/1__a.sql`]: "select 1;" })).toEqual([]);
    expect(places("landed-migrations", { ...landed, [`${folder}/1__a.sql`]: "select 2;" })).toEqual([
      `${folder}/1__a.sql`,
    ]);
    expect(places("landed-migrations", landed)).toEqual([`${folder}/1__a.sql`]);
  });
  test("a new migration must be recorded", () => {
    expect(places("landed-migrations", { [`${folder}/2__b.sql`]: "" })).toEqual([`${folder}/2__b.sql`]);
  });
});

describe("dependencies", () => {
  const manifest = (dependencies: Record<string, string>) =>
    JSON.stringify({ name: "x", version: "1.0.0", dependencies });
  const lock = (packages: Record<string, object>) => JSON.stringify({ packages });
  test.each(["^1.2.3", "1.2", "latest", "*", "file:../x"])("pinned-versions: %s is refused", (version) => {
    expect(places("pinned-versions", { "package.json": manifest({ a: version }) })).toEqual(["package.json:1"]);
  });
  test("pinned-versions: exact ones, pre-releases too, are allowed", () => {
    expect(places("pinned-versions", { "package.json": manifest({ a: "1.2.3", b: "1.0.0-beta.17" }) })).toEqual([]);
  });
  test("lock-file: a download address, a missing hash and a stale entry are refused", () => {
    const good = {
      "": { dependencies: { a: "1.0.0" } },
      "node_modules/a": { version: "1.0.0", integrity: "sha512-x" },
    };
    const files = { "package.json": manifest({ a: "1.0.0" }), "package-lock.json": lock(good) };
    expect(places("lock-file", files)).toEqual([]);
    const address = { ...good, "node_modules/a": { ...good["node_modules/a"], resolved: "https://example.org/a.tgz" } };
    expect(places("lock-file", { ...files, "package-lock.json": lock(address) })).toEqual(["package-lock.json"]);
    const unhashed = { ...good, "node_modules/a": { version: "1.0.0" } };
    expect(places("lock-file", { ...files, "package-lock.json": lock(unhashed) })).toEqual(["package-lock.json"]);
    expect(places("lock-file", { ...files, "package.json": manifest({ a: "1.0.1" }) })).toEqual(["package.json"]);
  });
  test("licences: copyleft and unknown licences are refused, a choice that offers a permissive one is not", () => {
    const packages = {
      "node_modules/a": { license: "GPL-3.0-only" },
      "node_modules/b": {},
      "node_modules/c": { license: "(MIT OR GPL-2.0)" },
      "node_modules/d": { license: "MIT AND GPL-2.0" },
    };
    expect(places("licences", { "package-lock.json": lock(packages) })).toHaveLength(3);
  });
});

describe("texts", () => {
  test("machine-paths: a path of one machine is refused", () => {
    const files = {
      "a.ts": 'open("/home/ada/project");',
      "b.md": "see /var/lib/evertrack and https://x.org/home/page/",
    };
    expect(places("machine-paths", files)).toEqual(["a.ts:1"]);
  });
  test("unwanted-words: a listed word is found in any case, inside of longer text", () => {
    const word = ["chat", "bot"].join("");
    expect(unwanted).toContain(hashOfWord(word));
    expect(places("unwanted-words", { "a.md": `\nwritten with a ${word.toUpperCase()}.` })).toEqual(["a.md:2"]);
  });
  test("doc-links: links to missing files and headings are refused", () => {
    const files = {
      "README.md":
        "[a](docs/a.md) [b](docs/b.md)\n[c](docs/a.md#the-walk) [d](docs/a.md#gone) [e](docs) [f](https://x.org) `[g](no)`",
      "docs/a.md": "# A\n## The walk\n[up](../README.md)",
    };
    expect(places("doc-links", files)).toEqual(["README.md:1", "README.md:2"]);
  });
  test("changelog: there is a place for what is not released yet", () => {
    expect(places("changelog", { "CHANGELOG.md": "# Changelog\n\n## Unreleased\n" })).toEqual([]);
    expect(places("changelog", { "CHANGELOG.md": "# Changelog\n" })).toEqual(["CHANGELOG.md"]);
    const released = { "CHANGELOG.md": "# Changelog\n\n## 1.2.0\n" };
    expect(places("changelog", released)).toEqual(["CHANGELOG.md"]);
    expect(places("changelog", { ...released, "apps/server/package.json": '{"version":"1.2.0"}' })).toEqual([]);
    expect(places("changelog", { ...released, "apps/server/package.json": '{"version":"1.3.0"}' })).toEqual([
      "CHANGELOG.md",
    ]);
    expect(places("changelog", {})).toEqual(["CHANGELOG.md"]);
  });
});

test("every rule is tested here", async () => {
  const { readFileSync } = await import("node:fs");
  const text = readFileSync(import.meta.filename, "utf8");
  expect(tidyRules.map(({ name }) => name).filter((name) => !text.includes(`"${name}`))).toEqual([]);
});

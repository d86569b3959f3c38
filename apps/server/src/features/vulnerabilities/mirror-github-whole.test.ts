import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { executorOf } from "../../platform/db/index.ts";
import { type MirrorBench, openTestDatabase, startMirrorBench, temporaryDirectory } from "./testing.ts";

const shared = process.env.EVERTRACK_SHARED ?? join(import.meta.dirname, "../../../../../../shared");
const source = join(shared, "data/ghsa-graphql/nodes.jsonl.gz");
const absent = !existsSync(source);

/** Some of the collection went through another program, which gave the members other names. */
interface Collected {
  ghsaId: string;
  vulnerabilities?: unknown;
}

describe.skipIf(absent)(`GitHub's records${absent ? " (skipped: ../shared/data/ghsa-graphql is absent)" : ""}`, () => {
  let opened: Awaited<ReturnType<typeof openTestDatabase>>;
  let bench: MirrorBench;
  const directory = temporaryDirectory();
  const genuine = new Set<string>();
  let others = 0;

  beforeAll(async () => {
    const lines = gunzipSync(readFileSync(source)).toString().split("\n").filter(Boolean);
    for (const line of lines) {
      const node = JSON.parse(line) as Collected;
      if (node.vulnerabilities === undefined) others++;
      else genuine.add(node.ghsaId);
    }
    writeFileSync(join(directory.path, "advisories.jsonl.gz"), gzipSync(lines.join("\n")));
    opened = await openTestDatabase();
    bench = await startMirrorBench(opened.database, {
      properties: { "dt.vuln-data-source.file-roots": directory.path },
    });
    await bench.configure({ apiUrl: pathToFileURL(directory.path).href }, "github");
  });
  afterAll(async () => {
    await bench?.stop();
    await opened?.drop();
    await directory.remove();
  });

  it("as the API gives them are all taken; those in another shape are counted and named, not guessed", async () => {
    const { error, output } = await bench.mirror(undefined, "github");
    expect(error).toBeNull();
    const { rows } = await executorOf(opened.database.db).query<{ id: string }>(
      "select vuln_id as id from vulnerability",
    );
    console.log(`${genuine.size} advisories, ${others} in another shape: ${JSON.stringify(output).slice(0, 120)}`);
    expect(new Set(rows.map(({ id }) => id))).toEqual(genuine);
    expect(output).toMatchObject({ unreadable: others });
  });
});

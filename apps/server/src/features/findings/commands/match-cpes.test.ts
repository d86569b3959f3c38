import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import {
  type CpeRange,
  type CpeRecord,
  cpeLookupOf,
  cpeProductKey,
  formatCpe,
  isCpeCandidate,
  matchesCpe,
  type NvdRecord,
  parseCpe,
  readNvdRecord,
  resolveRatings,
} from "@evertrack/matching";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Seed } from "../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { storeNvdRecords } from "../../vulnerabilities/commands/store-nvd-records.ts";
import { identitiesNamed } from "../store/matching.ts";
import { MATCH_BATCH_SIZE, matchIdentities } from "./match-identities.ts";
import { verifyMatches } from "./verify-matches.ts";

const shared = process.env.EVERTRACK_SHARED ?? join(import.meta.dirname, "../../../../../../../shared");
const absent = !existsSync(join(shared, "suites/cpe"));
const WHERE = absent ? "(skipped: ../shared is absent)" : "";

let server: TestServer;
let seed: Seed;
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
});
afterAll(() => server?.close());

async function identity(cpe: string, purl: string | null = null): Promise<number> {
  const id = await seed.identity(purl);
  await seed.rows("update component_identity set cpe = $2 where id = $1", [id, cpe]);
  return id;
}

let counter = 0;
/** A record of NVD as it is read. */
function record(affected: CpeRecord[], members: Partial<NvdRecord> = {}): NvdRecord {
  return {
    id: `CVE-2000-${10_000 + ++counter}`,
    modified: "2026-01-01T00:00:00Z",
    isRejected: false,
    description: "",
    references: [],
    cwes: [],
    ratings: resolveRatings("NVD", []),
    affected,
    unreadableCriteria: 0,
    ...members,
  };
}

async function store(...records: NvdRecord[]): Promise<void> {
  const batch = records.map((one) => ({ record: one, digest: crypto.randomUUID().replaceAll("-", "") }));
  await server.database.transaction((tx) => storeNvdRecords(tx, crypto.randomUUID(), batch));
}

async function match(...identityIds: number[]): Promise<void> {
  for (let start = 0; start < identityIds.length; start += MATCH_BATCH_SIZE)
    await server.database.transaction((tx) => matchIdentities(tx, identityIds.slice(start, start + MATCH_BATCH_SIZE)));
}

async function foundFor(identityId: number): Promise<string[]> {
  const found = await seed.rows<{ id: string }>(
    `select v.vuln_id as id from vulnerability_match m join vulnerability v on v.id = m.vulnerability_id
     where m.identity_id = $1 order by 1`,
    [identityId],
  );
  return found.map(({ id }) => id);
}

const affects = (cpe: string, range: CpeRange = {}): CpeRecord => ({ cpe: parseCpe(cpe), range });
const component = (product: string, version: string) => `cpe:2.3:a:acme:${product}:${version}:*:*:*:*:*:*:*`;

describe("an identity with a CPE", () => {
  test("gets what names it, loses it when it is narrowed or rejected, and keeps what names its package", async () => {
    const range = { endExcluding: "2.0" };
    const one = record([affects("cpe:2.3:a:acme:tool:*:*:*:*:*:*:*:*", range)]);
    const exact = record([affects("cpe:2.3:a:acme:tool:1.5:*:*:*:*:*:*:*")]);
    await store(one, exact);
    await seed.advisory({ id: "OSV-TOOL", packageKey: "npm/tool", ranges: [{ introduced: "0" }] });
    const [old, fixed] = [
      await identity(component("tool", "1.5"), "pkg:npm/tool@1.5"),
      await identity("cpe:/a:acme:tool:2.0"),
    ];
    await match(old, fixed);
    expect([await foundFor(old), await foundFor(fixed)]).toEqual([[one.id, exact.id, "OSV-TOOL"], []]);
    await store({ ...one, affected: [affects("cpe:2.3:a:acme:tool:*:*:*:*:*:*:*:*", { endExcluding: "1.5" })] });
    await store({ ...exact, isRejected: true });
    await match(old);
    expect(await foundFor(old)).toEqual(["OSV-TOOL"]);
  });

  test("and a package that one vulnerability names both has one match", async () => {
    const both = record([affects("cpe:2.3:a:acme:both:*:*:*:*:*:*:*:*")]);
    await store(both);
    await seed.advisory({ id: both.id, source: "NVD", packageKey: "npm/both", ranges: [{ introduced: "0" }] });
    const id = await identity(component("both", "1"), "pkg:npm/both@1");
    await match(id);
    expect(await foundFor(id)).toEqual([both.id]);
  });

  test("that is none, or says nothing of the product, has no matches and harms no others", async () => {
    await store(record([affects("cpe:2.3:a:acme:any:*:*:*:*:*:*:*:*")]));
    const ids = [
      await identity("nonsense"),
      await identity("cpe:/a:acme:-"),
      await identity("cpe:2.3:a:acme:*:1:*:*:*:*:*:*:*"),
    ];
    const sound = await identity(component("any", "1"));
    await match(...ids, sound);
    expect(await Promise.all(ids.map(foundFor))).toEqual([[], [], []]);
    expect(await foundFor(sound)).toHaveLength(1);
  });

  test("has its version ordered as that of its package", async () => {
    const one = record([affects("cpe:2.3:a:acme:ordered:*:*:*:*:*:*:*:*", { endExcluding: "1.0.0" })]);
    await store(one);
    const cpe = component("ordered", "1.0.0\\-rc1");
    const [npm, generic] = [await identity(cpe, "pkg:npm/ordered@1.0.0-rc1"), await identity(cpe)];
    await match(npm, generic);
    expect([await foundFor(npm), await foundFor(generic)]).toEqual([[one.id], []]);
  });
});

test("SQL reduces products as TypeScript does, in either form of names", async () => {
  const part = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
  const seedOf = Date.now() % 2 ** 31;
  console.info(`seed ${seedOf}`);
  const products = fc.sample(part, { numRuns: 500, seed: seedOf }).filter((text) => !/[\s\0]/u.test(text));
  const quoted = (text: string) => text.replaceAll(/[^A-Za-z0-9_]/gu, "\\$&");
  const uri = (text: string) => text.replaceAll(/[!-,/:-@[-^`{-~]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
  const names = products.flatMap((text) => [`cpe:2.3:a:v:${quoted(text)}:1:*:*:*:*:*:*:*`, `CPE:/a:v:${uri(text)}:1`]);
  const readable = names.filter((name) => {
    try {
      return cpeLookupOf(parseCpe(name)) !== undefined;
    } catch {
      return false;
    }
  });
  expect(readable.length).toBeGreaterThan(names.length / 2);
  const keys = await seed.rows<{ key: string }>(
    "select cpe_product_key(name) as key from unnest($1::text[]) with ordinality as n(name, at) order by at",
    [readable],
  );
  expect(keys.map(({ key }) => key)).toEqual(readable.map((name) => cpeProductKey(parseCpe(name).product)));
});

describe.skipIf(absent)(`genuine data ${WHERE}`, () => {
  test("stored records match stored components as the table of name matching wants", async () => {
    const table: { source: string; range: Record<string, string> | null; match: boolean; target: string }[] =
      JSON.parse(readFileSync(join(shared, "suites/cpe/cpe-matching.json"), "utf8"));
    const lower = (range: Record<string, string>) =>
      Object.fromEntries(
        Object.entries(range).map(([key, value]) => [key.charAt(0).toLowerCase() + key.slice(1), value]),
      );
    const rows = table.map((row) => ({ ...row, record: record([affects(row.source, lower(row.range ?? {}))]) }));
    await store(...rows.map((row) => row.record));
    const ids: number[] = [];
    for (const row of rows) ids.push(await identity(row.target));
    await match(...ids);
    const failures: string[] = [];
    for (const [index, row] of rows.entries()) {
      const isFound = (await foundFor(ids[index] ?? 0)).includes(row.record.id);
      if (isFound !== row.match) failures.push(JSON.stringify({ ...row, record: undefined }));
    }
    console.info(`CPE table: ${rows.length - failures.length} of ${rows.length}`);
    expect(failures).toEqual([]);
  }, 60_000);

  test("NVD's records are found for components by index as by comparing each with each", async () => {
    const records = ["real", "from-anchore-overrides"].flatMap(readFeeds);
    const unique = [...new Map(records.map((one) => [one.id, one])).values()];
    for (let start = 0; start < unique.length; start += 500) await store(...unique.slice(start, start + 500));
    const criteria = unique.flatMap(({ affected }) => affected);
    const every = Math.floor(criteria.length / 150);
    const components = criteria.filter((_, index) => index % every === 0).map(componentOf);
    const ids: number[] = [];
    for (const cpe of components) ids.push(await identity(cpe));
    await match(...ids);
    let matches = 0;
    for (const [index, text] of components.entries()) {
      const cpe = parseCpe(text);
      const lookup = cpeLookupOf(cpe);
      const wanted = unique.filter(
        ({ isRejected, affected }) =>
          !isRejected &&
          affected.some((one) => lookup !== undefined && isCpeCandidate(one.cpe, lookup) && matchesCpe(one, cpe)),
      );
      const found = (await foundFor(ids[index] ?? 0)).filter((id) => !id.startsWith("CVE-2000-1"));
      expect(found, text).toEqual(
        wanted
          .map(({ id }) => id)
          .filter((id) => !id.startsWith("CVE-2000-1"))
          .sort(),
      );
      matches += found.length;
    }
    console.info(
      `${unique.length} CVEs, ${criteria.length} names, ${components.length} components, ${matches} matches`,
    );
    expect(matches).toBeGreaterThan(components.length);
    const page = { packageKeys: [], cpeProducts: ["linuxkernel"], afterId: 0, limit: 1_000 };
    expect((await identitiesNamed(server.database.db, page)).length).toBeGreaterThan(0);
    const all = await seed.rows<{ id: number }>("select id from component_identity order by id");
    await match(...all.map(({ id }) => id));
    expect((await verifyMatches(server.database)).differences).toEqual([]);
  }, 180_000);
});

function readFeeds(folder: string): NvdRecord[] {
  const directory = join(shared, "data/nvd", folder);
  const names = readdirSync(directory).filter((name) => name.endsWith(".json.gz"));
  return names.flatMap((name) => {
    const feed: { vulnerabilities: unknown[] } = JSON.parse(gunzipSync(readFileSync(join(directory, name))).toString());
    return feed.vulnerabilities.map(readNvdRecord);
  });
}

/** A component that stands at a bound of the record, or has its version. */
function componentOf({ cpe, range }: CpeRecord): string {
  const bound = range.startIncluding ?? range.endIncluding ?? range.startExcluding ?? range.endExcluding;
  const version =
    bound?.replaceAll(/\s/g, "_").replaceAll(/[^A-Za-z0-9._-]/g, "\\$&") ?? (cpe.version === "*" ? "1.0" : cpe.version);
  return formatCpe({ ...cpe, version });
}

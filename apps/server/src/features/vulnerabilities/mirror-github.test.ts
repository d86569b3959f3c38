import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { executorOf } from "../../platform/db/index.ts";
import type { GithubReport } from "./activities/mirror-github-advisories.ts";
import { findVulnerability } from "./index.ts";
import * as testing from "./testing.ts";
import { affects, type GithubAnswer, ghsa, ghsaId, packages, serveGithub } from "./testing-github.ts";

let opened: Awaited<ReturnType<typeof testing.openTestDatabase>>;
let bench: testing.MirrorBench;
let server: Awaited<ReturnType<typeof serveGithub>>;
const directory = testing.temporaryDirectory();
const TOKEN = "a-token-for-tests";

beforeEach(async () => {
  opened = await testing.openTestDatabase();
  server = await serveGithub({ pageSize: 2 });
  bench = await testing.startMirrorBench(opened.database, {
    properties: {
      "dt.vuln-data-source.file-roots": directory.path,
      "dt.vuln-data-source.github.api-token": TOKEN,
      "dt.vuln-data-source.github.api-token-hosts": server.host,
    },
  });
  await bench.configure({ apiUrl: server.url }, "github");
});
afterEach(async () => {
  await bench.stop();
  server.close();
  await opened.drop();
});
afterAll(() => directory.remove());

const run = () => bench.mirror(undefined, "github");

async function mirrored(): Promise<GithubReport> {
  server.questions.length = 0;
  const { error, output } = await run();
  expect(error).toBeNull();
  return output as GithubReport;
}

const report = (counts: Partial<GithubReport> = {}): GithubReport => ({
  outcome: "read",
  new: 0,
  updated: 0,
  unchanged: 0,
  withdrawn: 0,
  unreadable: 0,
  leftOut: [],
  ...counts,
});
const find = (id: string) => findVulnerability(opened.database.db, "GITHUB", id);
async function rows<R extends object>(statement: string): Promise<R[]> {
  return (await executorOf(opened.database.db).query<R>(statement)).rows;
}
const stored = async () =>
  (await rows<{ id: string }>("select vuln_id as id from vulnerability where rejected is null order by 1")).map(
    ({ id }) => id,
  );
const events = () => rows<{ payload: Record<string, unknown> }>("select payload from outbox_event order by id");
const [A, B, C] = [ghsaId(1), ghsaId(2), ghsaId(3)];
const at = (time: string) => ({ updatedAt: `2026-${time}:00:00Z` });

describe("a mirror of GitHub", () => {
  it("stores advisories with packages and other names, and tells the packages", async () => {
    const identifiers = [
      { type: "GHSA", value: A },
      { type: "CVE", value: "CVE-2026-0001" },
    ];
    server.nodes.push(ghsa(A, { identifiers, cwes: { nodes: [{ cweId: "CWE-79" }] } }));
    expect(await mirrored()).toEqual(report({ new: 1 }));
    expect(await find(A)).toMatchObject({ title: `Something about ${A}`, severity: 4, cwes: [79] });
    expect(await rows("select package_key, ecosystem, affected from vulnerability_affected")).toEqual([
      {
        package_key: "pypi/sample",
        ecosystem: "PyPI",
        affected: { versions: [], ranges: [{ kind: "ECOSYSTEM", fixed: "2.0" }], patched: ["2.0"] },
      },
    ]);
    expect(await rows("select asserter, source, vuln_id, alias_id from vulnerability_alias_assertion")).toEqual([
      { asserter: "vuln-data-source:github", source: "GITHUB", vuln_id: A, alias_id: "CVE-2026-0001" },
    ]);
    expect((await events()).map(({ payload }) => payload)).toEqual([
      { vulnerabilityIds: [expect.any(Number)], packageKeys: ["pypi/sample"], cpeProducts: [] },
    ]);
    expect(server.questions.map(({ token }) => token)).toEqual([`Bearer ${TOKEN}`]);
  });

  it("reads page after page, and next time asks only for what changed since, an hour included", async () => {
    server.nodes.push(ghsa(A, at("01-01T00")), ghsa(B, at("01-02T00")), ghsa(C, at("01-03T12")));
    expect(await mirrored()).toEqual(report({ new: 3 }));
    expect(server.questions.map(({ since, after }) => [since, after])).toEqual([
      [null, null],
      [null, "2"],
    ]);
    expect(await mirrored()).toEqual(report({ unchanged: 1 }));
    expect(server.questions.map(({ since }) => since)).toEqual(["2026-01-03T11:00:00.000Z"]);
    expect(await events(), "what has not changed is not told").toHaveLength(2);
    server.nodes[0] = ghsa(A, { ...at("01-04T00"), vulnerabilities: packages([affects("moved")]) });
    expect(await mirrored()).toEqual(report({ updated: 1, unchanged: 1 }));
    expect((await events()).at(-1)?.payload, "the package affected before is told too").toMatchObject({
      packageKeys: ["pypi/moved", "pypi/sample"],
    });
  });

  it("a time in the future does not hide what changes before it", async () => {
    server.nodes.push(ghsa(A, { updatedAt: "2999-01-01T00:00:00Z" }));
    await mirrored();
    server.nodes.push(ghsa(B, { updatedAt: new Date().toISOString() }));
    await mirrored();
    expect(await stored()).toEqual([A, B]);
  });

  it("keeps withdrawn advisories as rejected, and takes them back", async () => {
    server.nodes.push(ghsa(A, { withdrawnAt: "2026-01-01T00:00:00Z" }));
    expect(await mirrored()).toEqual(report({ withdrawn: 1 }));
    expect(await stored()).toEqual([]);
    server.nodes[0] = ghsa(A, at("02-01T00"));
    expect(await mirrored()).toEqual(report({ updated: 1 }));
    expect(await stored()).toEqual([A]);
  });

  it("fetches all packages of an advisory that has more than a page of them", async () => {
    server.nodes.push(ghsa(A, { vulnerabilities: packages([affects("one")], "x") }));
    server.stub.further = (id, after) =>
      id === A && { vulnerabilities: after === "x" ? packages([affects("two")], "y") : packages([affects("three")]) };
    await mirrored();
    expect(await rows("select package_key from vulnerability_affected order by 1")).toEqual(
      ["one", "three", "two"].map((name) => ({ package_key: `pypi/${name}` })),
    );
  });

  it("reads everything again when another way of reading is configured, and changes nothing else", async () => {
    const identifiers = [{ type: "CVE", value: "CVE-2026-0001" }];
    server.nodes.push(ghsa(A, { identifiers }), ghsa(B, at("01-09T00")));
    await mirrored();
    await bench.configure({ apiUrl: server.url, aliasSyncEnabled: false }, "github");
    await mirrored();
    expect(server.questions[0]?.since).toBeNull();
    expect(await stored()).toEqual([A, B]);
  });

  it("sends the token to the hosts it is meant for only", async () => {
    const other = await serveGithub();
    try {
      await bench.configure({ apiUrl: other.url }, "github");
      await run();
      expect(other.questions.map(({ token }) => token)).toEqual([undefined]);
    } finally {
      other.close();
    }
  });

  it("ends a run of a source that is switched off", async () => {
    await bench.configure({ enabled: false }, "github");
    expect((await run()).error?.message).toContain("not enabled");
  });
});

describe("a file instead of the API", () => {
  const write = (content: Buffer) => {
    mkdirSync(join(directory.path, "ghsa"), { recursive: true });
    writeFileSync(join(directory.path, "ghsa/advisories.jsonl.gz"), content);
  };
  const lines = (nodes: readonly unknown[]) => nodes.map((node) => `${JSON.stringify(node)}\n`).join("");
  const useFile = () => bench.configure({ apiUrl: pathToFileURL(join(directory.path, "ghsa")).href }, "github");

  it("is read, left alone while it does not change, and tells nothing that the API has told", async () => {
    server.nodes.push(ghsa(A));
    await mirrored();
    write(gzipSync(lines([ghsa(A), ghsa(B)])));
    await useFile();
    expect(await mirrored()).toEqual(report({ new: 1, unchanged: 1 }));
    expect(await mirrored()).toEqual(report({ outcome: "unchanged" }));
    expect(await events()).toHaveLength(2);
  });

  it("does not bring back an older state", async () => {
    server.nodes.push(ghsa(A, { ...at("03-01T00"), summary: "later" }));
    await mirrored();
    write(gzipSync(lines([ghsa(A)])));
    await useFile();
    expect(await mirrored()).toEqual(report({ unchanged: 1 }));
    expect((await find(A))?.title).toBe("later");
  });

  it("that is cut off fails the run after what came was taken, and is read again", async () => {
    const many = Array.from({ length: 3_000 }, (_, n) => ghsa(ghsaId(n), { description: crypto.randomUUID() }));
    const whole = gzipSync(lines(many));
    write(whole.subarray(0, whole.length / 2));
    await useFile();
    const { status, error } = await run();
    expect([status, error?.message]).toEqual(["FAILED", expect.stringMatching(/advisories.jsonl.gz is damaged/)]);
    const taken = (await stored()).length;
    expect(taken).toBeGreaterThan(0);
    write(whole);
    expect(await mirrored()).toMatchObject({ new: 3_000 - taken, unchanged: taken });
  });

  it("names lines that are no JSON; without a file the run fails", async () => {
    write(gzipSync(`${lines([ghsa(A)])}oops\n\n${lines([ghsa(B)])}`.trimEnd()));
    await useFile();
    const { leftOut, ...counts } = await mirrored();
    expect([counts.new, leftOut]).toEqual([2, [expect.stringMatching(/^record 2: is not JSON/)]]);
    await bench.configure({ apiUrl: pathToFileURL(directory.path).href }, "github");
    expect((await run()).error?.message).toContain("has no advisories.jsonl.gz");
  });
});

describe("faults of the API", () => {
  it("a malformed record is named, its stored state stays, and the rest is taken", async () => {
    server.nodes.push(ghsa(A), ghsa(B), ghsa(C, { summary: "nul \0 and half \ud800" }));
    await mirrored();
    server.nodes[0] = ghsa(A, { ...at("02-01T00"), vulnerabilities: packages([affects("sample", "~> 1")]) });
    server.nodes[1] = ghsa(B, at("02-02T00"));
    const { leftOut, ...counts } = await mirrored();
    expect(counts).toMatchObject({ updated: 1, unreadable: 1 });
    expect(leftOut).toEqual([expect.stringMatching(new RegExp(`^${A}: .*unreadable range "~> 1"`))]);
    expect(await stored()).toEqual([A, B, C]);
  });

  it.each<[string, GithubAnswer]>([
    ["429", { status: 429, headers: { "retry-after": "1" } }],
    [
      "the secondary limit",
      { status: 403, headers: { "retry-after": "1" }, body: { message: "secondary rate limit" } },
    ],
    ["the hourly limit", { status: 403, headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1" } }],
    ["502", { status: 502, headers: { "retry-after": "1" } }],
    [
      "a limit told in GraphQL",
      { body: { errors: [{ type: "RATE_LIMITED", message: "limit" }] }, headers: { "retry-after": "1" } },
    ],
  ])("%s on the second page: asked again after the time that is named, from what was stored on", async (_, answer) => {
    server.nodes.push(ghsa(A, at("01-01T00")), ghsa(B, at("01-02T00")), ghsa(C, at("01-03T00")));
    const answers = [answer];
    server.stub.answer = ({ after }) => (after === "2" ? answers.shift() : undefined);
    expect(await mirrored()).toEqual(report({ new: 3, unchanged: 1 }));
    expect(server.questions.map(({ since, after }) => [since, after])).toEqual([
      [null, null],
      [null, "2"],
      ["2026-01-01T23:00:00.000Z", null],
    ]);
    expect(await rows("select 1 from outbox_event"), "told once a page").toHaveLength(2);
  });

  it.each<[string, GithubAnswer, RegExp]>([
    ["a refused token", { status: 401 }, /answered 401; dt\.vuln-data-source\.github\.api-token holds the token/],
    ["a refusal", { status: 403, headers: { "x-ratelimit-remaining": "9" } }, /answered 403/],
    ["a wrong address", { status: 404 }, /answered 404/],
  ])("%s ends the run at once and says what to do", async (_, answer, message) => {
    server.stub.answer = () => answer;
    expect((await run()).error?.message).toMatch(message);
    expect(server.questions).toHaveLength(1);
  });
});

describe("one advisory, two mirrors", () => {
  it("GitHub owns what a GHSA says and affects, OSV adds new ones; without GitHub's mirror OSV changes it", async () => {
    const fromOsv = (id: string, modified: string) => ({
      ...testing.advisory(id, { summary: "as OSV has it", affected: [testing.affecting("PyPI", "other", "1", "2")] }),
      aliases: ["CVE-2026-0001"],
      modified,
    });
    const mirrorOsv = async (...records: Record<string, unknown>[]) => {
      const bucket = await testing.serveBucket(new Map(testing.bucketFiles("PyPI", records)));
      try {
        await bench.configure({ dataUrl: bucket.url, ecosystems: ["PyPI"] });
        const { error, output } = await bench.mirror();
        expect(error).toBeNull();
        return (output as Record<string, unknown>).PyPI;
      } finally {
        bucket.close();
      }
    };
    server.nodes.push(ghsa(A));
    await mirrored();
    const told = (await events()).length;
    expect(await mirrorOsv(fromOsv(A, "2026-05-01T00:00:00Z"))).toMatchObject({ new: 0, updated: 0, unchanged: 1 });
    expect(await find(A)).toMatchObject({ title: `Something about ${A}` });
    expect(await rows("select package_key from vulnerability_affected")).toEqual([{ package_key: "pypi/sample" }]);
    expect(await rows("select alias_id from vulnerability_alias_assertion")).toEqual([{ alias_id: "CVE-2026-0001" }]);
    expect(await events(), "nothing changed for anybody").toHaveLength(told);

    await mirrorOsv(fromOsv(A, "2026-05-01T00:00:00Z"), fromOsv(B, "2026-05-01T00:00:00Z"));
    expect(await find(B)).toMatchObject({ title: "as OSV has it" });
    server.nodes.push(ghsa(B, at("01-02T00")));
    expect(await mirrored()).toMatchObject({ updated: 1 });
    expect(await find(B), "GitHub knows its own advisories best").toMatchObject({ title: `Something about ${B}` });

    await bench.configure({ enabled: false }, "github");
    await mirrorOsv(fromOsv(A, "2026-06-01T00:00:00Z"), fromOsv(B, "2026-05-01T00:00:00Z"));
    expect((await find(A))?.title).toBe("as OSV has it");
    expect((await find(B))?.title, "what GitHub said is kept").toBe(`Something about ${B}`);
  });
});

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { runCli, scratchDirectory } from "./run-cli.ts";

const scratch = scratchDirectory();
afterAll(() => scratch[Symbol.dispose]());

const part = (name: string, version: string, extra: object = {}) => ({
  type: "library",
  name,
  version,
  purl: `pkg:npm/${name}@${version}`,
  ...extra,
});

function bomOf(components: readonly object[], extra: object = {}): string {
  return JSON.stringify({ bomFormat: "CycloneDX", specVersion: "1.6", components, ...extra });
}

function file(name: string, content: string | Buffer): string {
  const path = join(scratch.path, name);
  writeFileSync(path, content);
  return path;
}

const good = bomOf([part("a", "1"), part("b", "1", { licenses: [{ license: { id: "MIT" } }] })]);
const later = bomOf([
  part("a", "2"),
  part("b", "1", { licenses: [{ license: { id: "ISC" } }] }),
  part("c\u001b[2J", "1"),
]);
const bad = bomOf([{ type: "nonsense", name: "a" }]);

test("sbom validate takes files plain and packed, and stdin, and says what each is", async () => {
  const files = [
    file("plain.json", good),
    file("packed.gz", gzipSync(good)),
    file("packed.zst", zstdCompressSync(good)),
  ];
  const run = await runCli(["sbom", "validate", ...files, "-"], {}, good);
  expect(run).toMatchObject({ code: 0, stderr: "" });
  expect(run.stdout.split("\n").slice(0, 4)).toEqual(
    [...files, "stdin"].map((name) => `${name}: valid CycloneDX 1.6 (json)`),
  );
});

test("sbom validate ends with 3 where one file is not valid, and names the place", async () => {
  const files = [file("bad.json", bad), file("good.json", good)];
  const run = await runCli(["sbom", "validate", ...files]);
  expect(run).toMatchObject({ code: 3, stderr: expect.stringContaining("1 of 2 files: not valid") });
  expect(run.stdout).toContain("  /components/0/type: ");
  const json = await runCli(["sbom", "validate", ...files, "--json"]);
  expect(json.code).toBe(3);
  expect(JSON.parse(json.stdout)).toMatchObject({
    valid: false,
    files: [
      { valid: false, problems: [{ path: "/components/0/type" }] },
      { valid: true, format: "json", specVersion: "1.6", problems: [] },
    ],
  });
});

test("what cannot be read is wrong use or refused, never a stack trace", async () => {
  expect(await runCli(["sbom", "validate", join(scratch.path, "none.json")])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("There is no file"),
  });
  expect(await runCli(["sbom", "validate", scratch.path])).toMatchObject({ code: 2 });
  expect(await runCli(["sbom", "diff", "-", "-"], {}, good)).toMatchObject({ code: 2 });
  expect(await runCli(["sbom", "score", file("text.json", "no BOM")])).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("text.json"),
  });
  const broken = gzipSync(good).subarray(0, 40);
  expect(await runCli(["sbom", "score", file("broken.gz", broken)])).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("no sound gzip file"),
  });
});

test("sbom diff lists what changed, as a table or as JSON", async () => {
  const [before, after] = [file("before.json", good), file("after.json", later)];
  const run = await runCli(["sbom", "diff", before, after]);
  expect(run.code).toBe(0);
  expect(run.stdout.split("\n")).toEqual([
    "1 added, 0 removed, 1 in another version, 1 under other licences, 0 unchanged",
    "CHANGE   COMPONENT  FROM  TO",
    "added    c [2J            1",
    "version  a          1     2",
    "licence  b          MIT   ISC",
    "",
  ]);
  const json = await runCli(["sbom", "diff", before, "-", "--json"], {}, later);
  expect(JSON.parse(json.stdout)).toMatchObject({
    counts: { added: 1, changed: 1, licenses: 1 },
    changed: [{ component: { name: "a" }, from: "1", to: "2" }],
  });
});

test("sbom score tells points and reasons, and ends with 4 below what is wanted", async () => {
  const path = file("scored.json", good);
  const run = await runCli(["sbom", "score", path]);
  expect(run.code).toBe(0);
  expect(run.stdout).toMatch(/^\d+(\.\d)? of 100 \(NTIA \d+(\.\d)?, BSI \d+(\.\d)?\), 2 components\n/);
  expect(run.stdout).toContain("Not assessed (BSI): completeness");
  const gated = await runCli(["sbom", "score", path, "--fail-below", "100", "--json"]);
  expect(gated).toMatchObject({ code: 4, stderr: expect.stringContaining("--fail-below") });
  expect(JSON.parse(gated.stdout)).toMatchObject({
    components: 2,
    checks: expect.arrayContaining([expect.objectContaining({ id: "component-license", total: 2, passed: 1 })]),
  });
});

const nested = bomOf(
  [
    part("a", "1", { components: [part("b", "1")], pedigree: { notes: "patched" } }),
    { type: "cryptographic-asset", name: "key" },
  ],
  { compositions: [{ aggregate: "complete", assemblies: ["a"] }] },
);

test("sbom convert writes a valid SBOM of the wanted version, and tells what is left out on standard error", async () => {
  const out = join(scratch.path, "converted.xml");
  const xml = await runCli(["sbom", "convert", file("nested.json", nested), "--to", "xml", "--out", out]);
  expect(xml).toMatchObject({ code: 0, stdout: "", stderr: "" });
  expect((await runCli(["sbom", "validate", out])).stdout).toContain("valid CycloneDX 1.7 (xml)");
  const back = await runCli(["sbom", "convert", out, "--version", "1.6"]);
  const { components, compositions } = JSON.parse(back.stdout);
  expect({ components, compositions }).toEqual({
    components: JSON.parse(nested).components,
    compositions: JSON.parse(nested).compositions,
  });
  const old = await runCli(["sbom", "convert", out, "--version", "1.2", "--fail-on-loss"]);
  expect(old).toMatchObject({
    code: 4,
    stderr: expect.stringContaining("said in other words: /components/*/type (1, first /components/1/type)"),
  });
  expect(old.stderr).toContain("left out: /compositions");
  expect(JSON.parse(old.stdout)).toMatchObject({ specVersion: "1.2", components: [{ name: "a" }, { type: "file" }] });
});

test("sbom convert refuses what is no SBOM with 3, and wrong words with 2", async () => {
  const path = file("no.json", "{}");
  expect(await runCli(["sbom", "convert", path])).toMatchObject({ code: 3, stdout: "" });
  expect(await runCli(["sbom", "convert", path, "--version", "2.0"])).toMatchObject({ code: 2, stdout: "" });
  expect(await runCli(["sbom", "convert", path, "--json"])).toMatchObject({ code: 2, stdout: "" });
});

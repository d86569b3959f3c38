import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { z } from "zod";
import { scratchDirectory } from "../../test/run-cli.ts";
import { dataDirectory, prepareDataDirectory } from "../up/data-directory.ts";
import { FIXTURES, publishAdvisories } from "./advisories.ts";
import { demoBoms } from "./portfolio.ts";
import { zip } from "./zip.ts";

const bomSchema = z.object({
  components: z.array(z.object({ "bom-ref": z.string(), purl: z.string() })),
  dependencies: z.array(z.object({ ref: z.string(), dependsOn: z.array(z.string()) })),
  metadata: z.object({ component: z.object({ "bom-ref": z.string() }) }),
});

const advisorySchema = z.object({
  id: z.string().regex(/^EVT-DEMO-2026-\d{4}$/),
  summary: z.string(),
  affected: z.array(z.object({ package: z.object({ purl: z.string() }) })).min(1),
  severity: z.array(z.object({ type: z.literal("CVSS_V3"), score: z.string().startsWith("CVSS:3.1/") })).length(1),
});

/** Reads an archive by its central directory, as the server does. */
function unzip(bytes: Buffer): Map<string, string> {
  const END_BYTES = 22;
  const end = bytes.subarray(bytes.length - END_BYTES);
  let at = end.readUInt32LE(16);
  const files = new Map<string, string>();
  for (let index = 0; index < end.readUInt16LE(10); index++) {
    const nameBytes = bytes.readUInt16LE(at + 28);
    const name = bytes.subarray(at + 46, at + 46 + nameBytes).toString("utf8");
    const local = bytes.readUInt32LE(at + 42);
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const packed = bytes.subarray(start, start + bytes.readUInt32LE(at + 20));
    files.set(name, inflateRawSync(packed).toString("utf8"));
    at += 46 + nameBytes;
  }
  return files;
}

test("an archive gives back the names and bytes that went in", () => {
  const files = new Map([
    ["a.json", "{}"],
    ["ü/b.json", "x".repeat(10_000)],
    ["empty", ""],
  ]);
  expect(unzip(zip([...files].map(([name, text]) => ({ name, bytes: Buffer.from(text) }))))).toEqual(files);
});

test("published advisories have the layout of the public bucket, and are withdrawn on request", () => {
  using scratch = scratchDirectory();
  const directory = dataDirectory(scratch.path);
  prepareDataDirectory(directory);
  const now = new Date("2026-05-01T10:00:00Z");
  const published = publishAdvisories(directory, now, false);
  const folder = fileURLToPath(published.dataUrl);
  expect(folder.startsWith(directory.demo)).toBe(true);
  expect(published).toMatchObject({ ecosystems: ["evertrack-demo"], ids: { length: 29 } });
  const csv = readFileSync(join(folder, "evertrack-demo", "modified_id.csv"), "utf8");
  expect(csv).toContain("2026-05-01T10:00:00.000Z,EVT-DEMO-2026-0001\n");
  const archive = unzip(readFileSync(join(folder, "evertrack-demo", "all.zip")));
  expect([...archive.keys()].sort()).toEqual(
    readdirSync(join(folder, "evertrack-demo"))
      .filter((name) => name.endsWith(".json"))
      .sort(),
  );
  expect(JSON.parse(archive.get("EVT-DEMO-2026-0001.json") ?? "")).toMatchObject({ modified: now.toISOString() });
  publishAdvisories(directory, now, true);
  const withdrawn = unzip(readFileSync(join(folder, "evertrack-demo", "all.zip"))).get("EVT-DEMO-2026-0001.json");
  expect(JSON.parse(withdrawn ?? "")).toMatchObject({ withdrawn: now.toISOString() });
});

test("every SBOM has a complete graph, and of two versions the later is the latest", () => {
  const boms = demoBoms();
  expect(boms).toHaveLength(8);
  for (const { path } of boms) {
    const bom = bomSchema.parse(JSON.parse(readFileSync(path, "utf8")));
    const refs = new Set([
      bom.metadata.component["bom-ref"],
      ...bom.components.map((component) => component["bom-ref"]),
    ]);
    expect(new Set(bom.dependencies.map(({ ref }) => ref))).toEqual(refs);
    expect(bom.dependencies.flatMap(({ dependsOn }) => dependsOn).every((ref) => refs.has(ref))).toBe(true);
  }
  expect(boms.filter(({ isLatest }) => !isLatest).map(({ version }) => version)).toEqual(["2.4.0"]);
});

test("every advisory concerns a package of the portfolio", () => {
  const purls = demoBoms().flatMap(({ path }) => bomSchema.parse(JSON.parse(readFileSync(path, "utf8"))).components);
  const packages = new Set(purls.map(({ purl }) => purl.replace(/@[^@]*$/, "")));
  for (const ecosystem of readdirSync(join(FIXTURES, "osv"))) {
    for (const name of readdirSync(join(FIXTURES, "osv", ecosystem))) {
      const advisory = advisorySchema.parse(JSON.parse(readFileSync(join(FIXTURES, "osv", ecosystem, name), "utf8")));
      expect(
        advisory.affected.every((entry) => packages.has(entry.package.purl)),
        advisory.id,
      ).toBe(true);
    }
  }
});

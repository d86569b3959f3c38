/** Whatever a model holds, what is written is valid in every format and version, and the newest says it again. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Bom, type BomComponent, readBom } from "../src/index.ts";
import { threadCpuMs } from "./cpu-time.ts";
import { dialects, written } from "./writing.ts";
import "./xml-schemas.ts";

const seed = Number(process.env.SEED ?? 20_261_123);
const full = readBom(readFileSync(join(import.meta.dirname, "../fixtures/full-1.6.cdx.json")), { validate: true });
const [, , web] = full.components;
const oddText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom(
    "\u0000",
    "a\nb",
    "]]>",
    "<&\"'>",
    "git@example.org:a/b",
    "http://[x",
    "ssh://git@h:a/b",
    "a b%zz",
    "Mit",
    "urn:cdx:1",
  ),
);

test(`any texts anywhere are written valid (seed ${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(oddText, { minLength: 1, maxLength: 12 }), async (texts) => {
      const bom = withTexts(texts);
      for (const dialect of dialects) {
        const bytes = await written(bom, dialect);
        expect(() => readBom(bytes, { validate: true }), `${dialect.format} ${dialect.specVersion}`).not.toThrow();
      }
    }),
    { seed, numRuns: Number(process.env.ROUND_TRIP_RUNS ?? 60) },
  );
}, 300_000);

test("the newest version says all of an inventory", async () => {
  for (const format of ["json", "xml"] as const) {
    const again = readBom(await written(full, { format, specVersion: "1.7" }), { validate: true });
    expect({ ...again, specVersion: "1.6" }).toEqual(full);
  }
});

test("20,000 components are written in less than two seconds of a processor", async () => {
  const components = Array.from({ length: 20_000 }, (_, index) => ({
    ...(web ?? full.components[0]),
    bomRef: `c${index}`,
  }));
  const bom = { ...full, components: components as BomComponent[] };
  for (const format of ["json", "xml"] as const) {
    const startedMs = threadCpuMs();
    const bytes = await written(bom, { format, specVersion: "1.7" });
    const tookMs = threadCpuMs() - startedMs;
    console.log(`20,000 components as ${format}: ${bytes.length} bytes in ${Math.round(tookMs)} ms`);
    expect(tookMs).toBeLessThan(2_000);
  }
});

/** A full BOM in which every text but those of enumerations is replaced, by turns. */
function withTexts(texts: readonly string[]): Bom {
  let turn = 0;
  const kept = new Set(["type", "kind", "direction", "scope", "format", "specVersion", "encoding", "acknowledgement"]);
  const swap = (name: string, value: unknown) =>
    typeof value === "string" && !kept.has(name) ? texts[turn++ % texts.length] : value;
  return JSON.parse(JSON.stringify({ ...full, vulnerabilities: [vulnerability] }, swap)) as Bom;
}

const vulnerability: Bom["vulnerabilities"][number] = {
  bomRef: "v",
  id: "CVE-1",
  source: { name: "n", url: "u" },
  references: [{ id: "x" }],
  ratings: [{ score: 1e-7, severity: "high", method: "CVSSv4", vector: "v" }],
  cwes: [79, -1, 0],
  description: "d",
  advisories: [{ title: "t", url: "u" }],
  created: "2026-01-01T00:00:00.000Z",
  analysis: { state: "not_affected", justification: "j", responses: ["update", "r"], detail: "d" },
  affects: [
    { ref: "web", versions: [{ version: "1", range: "vers:x", status: "affected" }, { range: "r" }] },
    { ref: "web", versions: [] },
  ],
  properties: [{ group: "g", name: "n", value: "v" }],
};

/** BOMs that others made: read, or refused naming the place. */
import { describe, expect, test } from "vitest";
import { BomError, readBom } from "../src/index.ts";
import { jsonFiles, sharedPart, xmlFiles } from "./shared-data.ts";
import "./xml-schemas.ts";

const sboms = sharedPart("data/sboms");
const upstream = sharedPart("suites/upstream-boms");
const allowed: Record<string, RegExp> = {
  real: /invalid-sbom|sbom-files--from-jar|dep-scan--bom-(docker|goof)|obsidian-sailboat/, // all break their schema
  generated: /^$/,
  huge: /^$/,
};

describe.skipIf(sboms.isAbsent)(`real BOMs${sboms.remark}`, () => {
  test.each(Object.keys(allowed))(
    "all of %s validate, or are refused naming the place and still read without validation",
    (part) => {
      let read = 0;
      const refused: string[] = [];
      for (const { name, bytes } of jsonFiles(`${sboms.folder}/${part}`)) {
        const error = refusal(bytes);
        if (error === undefined) read++;
        else refused.push(`${name}: ${error.message.slice(0, 120)}`);
        expect(error === undefined || allowed[part]?.test(name), `${name} ${error?.message}`).toBe(true);
        if (error !== undefined) expect(error.problems[0]?.path).toMatch(/^\//);
        const bom = readBom(bytes, { validate: false });
        expect(bom.components.length, name).toBe(countComponents(bytes));
      }
      console.log([`${part}: ${read} read, ${refused.length} refused`, ...refused].join("\n  "));
      expect(read).toBeGreaterThan(0);
    },
    120_000,
  );

  test("those in XML validate, or are refused naming the place and still read without validation", () => {
    const broken = /with-duplicates|bom-webgoat|issue2519|bom-dotnet2|bom-py/; // all break their schema
    const refused: string[] = [];
    let [read, components] = [0, 0];
    for (const { name, bytes } of xmlFiles(`${sboms.folder}/real`)) {
      const error = refusal(bytes);
      if (error === undefined) read++;
      else refused.push(`${name}: ${error.message.slice(0, 120)}`);
      expect(error === undefined || broken.test(name), `${name} ${error?.message}`).toBe(true);
      if (error !== undefined) expect(error.problems[0]?.path).toMatch(/^\/bom\//);
      const bom = readBom(bytes, { validate: false });
      const text = Buffer.from(bytes).toString();
      const inTools = [...text.matchAll(/<tools>.*?<\/tools>/gs)].join("");
      const metadata = /<metadata>.*?<\/metadata>/s.exec(text)?.[0] ?? "";
      const subjects = count(metadata) > count(inTools) ? 1 : 0;
      expect(bom.components.length, name).toBe(count(text) - count(inTools) - subjects);
      components += bom.components.length;
    }
    console.log([`XML: ${read} read (${components} components), ${refused.length} refused`, ...refused].join("\n  "));
    expect(read).toBeGreaterThan(20);
  }, 300_000);
});

const count = (text: string) => text.match(/<component[\s>]/g)?.length ?? 0;

describe.skipIf(upstream.isAbsent)(`BOMs of upstream's import tests${upstream.remark}`, () => {
  test("only what is broken on purpose, or no BOM, is refused", () => {
    const refused = [...jsonFiles(upstream.folder)].filter(({ bytes }) => refusal(bytes) !== undefined);
    expect(refused.map(({ name }) => name).sort()).toEqual([
      "bom-invalid.json",
      "expected-all.sarif.json",
      "expected-internal.sarif.json",
    ]);
  });
});

function refusal(bytes: Uint8Array): BomError | undefined {
  try {
    readBom(bytes, { validate: true });
  } catch (error) {
    if (error instanceof BomError) return error;
    throw error;
  }
  return undefined;
}

/** Counts components the naive way. */
function countComponents(bytes: Uint8Array): number {
  interface Node {
    components?: Node[];
  }
  const below = (node: Node | undefined): number =>
    (node?.components ?? []).reduce((sum, child) => sum + 1 + below(child), 0);
  const bom = JSON.parse(
    Buffer.from(bytes)
      .toString()
      .replace(/^\uFEFF/, ""),
  ) as Node & { metadata?: { component?: Node } };
  return below(bom) + below(bom.metadata?.component);
}

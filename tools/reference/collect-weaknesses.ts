/**
 * Makes packages/matching/src/weaknesses/generated/cwe-names.json: the names of all weaknesses, categories and views of the
 * Common Weakness Enumeration, from the XML that MITRE publishes (cwec_v<version>.xml; the npm package cwe-sdk carries it as
 * raw/cwe-archive.xml). MITRE's terms allow any use as long as its copyright notice and the terms stay with the copy.
 *
 *   node tools/reference/collect-weaknesses.ts <file>
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const target = join(import.meta.dirname, "../../packages/matching/src/weaknesses/generated/cwe-names.json");

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error("which file? give the XML that MITRE publishes");
const xml = readFileSync(file, "utf8");
const [, version, date] = /<Weakness_Catalog [^>]*Version="([^"]+)" Date="([^"]+)"/.exec(xml) ?? [];
if (version === undefined || date === undefined) throw new Error(`${file} is no catalogue of weaknesses`);

// Keys that are whole numbers come out in ascending order, whatever order they go in.
const names: Record<string, string> = {};
for (const [, id = "", name = ""] of xml.matchAll(/<(?:Weakness|Category|View) ID="(\d+)" Name="([^"]*)"/g))
  names[id] = unescaped(name).trim();

const source = `Common Weakness Enumeration ${version} (${date}), https://cwe.mitre.org`;
const copyright =
  "Copyright The MITRE Corporation. CWE is a trademark of The MITRE Corporation. Used under the CWE terms of use: MITRE grants a non-exclusive, royalty-free license to use CWE for research, development and commercial purposes; any copy reproduces MITRE's copyright designation and this license (https://cwe.mitre.org/about/termsofuse.html).";
writeFileSync(target, `${JSON.stringify({ source, copyright, names }, undefined, 1)}\n`);
console.info(`${Object.keys(names).length} names of CWE ${version}`);

function unescaped(text: string): string {
  const characters: Record<string, string> = { amp: "&", quot: '"', apos: "'", lt: "<", gt: ">" };
  return text.replaceAll(/&(\w+);/g, (entity, name: string) => characters[name] ?? entity);
}

/**
 * Makes tools/deploy/generated/ from schemas that others publish (Apache License 2.0 both), without descriptions and with
 * only what our files use:
 *
 *   node tools/deploy/collect-schemas.ts kubernetes <version> <folder>   folder: v<version>.0-local-strict of the PyPI
 *                                                                        package kubernetes-validate, unpacked
 *   node tools/deploy/collect-schemas.ts compose <file>                  file: schema/compose-spec.json of the Go module
 *                                                                        github.com/compose-spec/compose-go/v2
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { KUBERNETES_KINDS } from "./kubernetes-kinds.ts";

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const generated = join(import.meta.dirname, "generated");

function collectKubernetes(version: string, folder: string): void {
  const all = (readJson(join(folder, "_definitions.json")) as { $defs: Record<string, Json> }).$defs;
  const kept: Record<string, Json> = {};
  const keep = (name: string) => {
    if (name in kept) return;
    const definition = all[name];
    if (definition === undefined) throw new Error(`${name} is not defined`);
    kept[name] = withoutDescriptions(definition, (reference) => {
      const referred = reference.split("/").at(-1) ?? "";
      keep(referred);
      return `#/$defs/${referred}`;
    });
  };
  for (const name of Object.values(KUBERNETES_KINDS)) keep(name);
  write(`kubernetes-${version}.json`, { $defs: sorted(kept) });
}

function collectCompose(file: string): void {
  write(
    "compose.json",
    withoutDescriptions(readJson(file), (reference) => reference),
  );
}

/** A schema's copy; `follow` is told of every reference and says what it becomes. */
function withoutDescriptions(schema: Json, follow: (reference: string) => string): Json {
  if (Array.isArray(schema)) return schema.map((item) => withoutDescriptions(item, follow));
  if (schema === null || typeof schema !== "object") return schema;
  const members = Object.entries(schema).flatMap(([name, value]): [string, Json][] => {
    if (typeof value === "string" && name === "description") return [];
    if (name.startsWith("x-kubernetes-")) return [];
    if (name === "$ref" && typeof value === "string") return [[name, follow(value)]];
    return [[name, withoutDescriptions(value, follow)]];
  });
  return Object.fromEntries(members);
}

function sorted(definitions: Record<string, Json>): Record<string, Json> {
  return Object.fromEntries(Object.entries(definitions).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function readJson(path: string): Json {
  return JSON.parse(readFileSync(path, "utf8")) as Json;
}

function write(name: string, schema: Json): void {
  writeFileSync(join(generated, name), `${JSON.stringify(schema)}\n`);
}

const [what, first = "", second = ""] = process.argv.slice(2);
if (what === "kubernetes" && second !== "") collectKubernetes(first, second);
else if (what === "compose" && first !== "") collectCompose(first);
else throw new Error("usage: see the head of this file");

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import addFormatsModule from "ajv-formats";
import type { SpecVersion } from "../bom.ts";
import { isEmailAddress } from "./email.ts";
import { useHashedUniqueItems } from "./unique-items.ts";

/**
 * The official JSON schemas, compiled once per version on first use. Lists at the top of the document are compiled
 * element by element as well, so that a document need not be in memory as a whole to be validated.
 */
export interface CompiledSchemas {
  document: ValidateFunction;
  /** By member name; a document with these lists emptied plus each of their elements is valid if the whole is. */
  elements: ReadonlyMap<string, { validate: ValidateFunction; unique: boolean }>;
}

/** `first` stops at the first fault; `all` is slower and lists every fault with the data at fault. */
export type FaultMode = "first" | "all";

/** Which schemas: of which version, and whether texts must have the formats that JSON wants (e-mail addresses, URIs, …). */
export interface SchemaChoice {
  specVersion: SpecVersion;
  formats: boolean;
}

interface RootSchema {
  $id: string;
  properties: Record<string, Record<string, unknown>>;
}

const require = createRequire(import.meta.url);
const compiled = new Map<string, CompiledSchemas>();
const schemaNamespace = "http://cyclonedx.org/schema/";
const referenced = ["spdx", "jsf-0.82", "cryptography-defs"].map((name) => `${name}.SNAPSHOT.schema.json`);
/** 1.2 and 1.3 have a lax and a strict schema; the strict one refuses unknown members, as all later ones do. */
const strictVariants: ReadonlySet<SpecVersion> = new Set<SpecVersion>(["1.2", "1.3"]);
/** A list with other keywords than these is only checked as a whole. */
const elementwiseKeywords = new Set(["$id", "type", "items", "uniqueItems", "additionalItems", "title", "description"]);

/** The schemas of a version. The first call per version and mode costs some 100 ms. */
export function compiledSchemas(choice: SchemaChoice, mode: FaultMode): CompiledSchemas {
  const key = `${choice.specVersion} ${mode} ${choice.formats}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const fresh = compileSchemas(choice, mode);
  compiled.set(key, fresh);
  return fresh;
}

function compileSchemas({ specVersion, formats }: SchemaChoice, mode: FaultMode): CompiledSchemas {
  const ajv = newAjv(mode, formats);
  for (const file of referenced) ajv.addSchema(readSchema(file), schemaNamespace + file);
  const root = readSchema(schemaFileOf(specVersion)) as RootSchema;
  ajv.addSchema(root);
  const elements = new Map<string, { validate: ValidateFunction; unique: boolean }>();
  for (const [name, list] of Object.entries(root.properties)) {
    const ref = elementRef(list);
    if (ref === undefined) continue;
    elements.set(name, { validate: ajv.compile({ $ref: root.$id + ref }), unique: list.uniqueItems === true });
  }
  return { document: ajv.compile({ $ref: root.$id }), elements };
}

function newAjv(mode: FaultMode, formats: boolean): Ajv {
  const ajv = new Ajv({
    strict: false, // the official schemas carry annotations that AJV does not know
    validateSchema: false,
    addUsedSchema: false,
    logger: false,
    validateFormats: formats,
    allErrors: mode === "all",
    verbose: mode === "all",
  });
  useHashedUniqueItems(ajv);
  addFormatsModule.default(ajv);
  ajv.addFormat("idn-email", isEmailAddress);
  ajv.addFormat("iri-reference", true); // the specification's own test run does not check it either
  return ajv;
}

function elementRef(list: Record<string, unknown>): string | undefined {
  if (list.type !== "array" || !Object.keys(list).every((keyword) => elementwiseKeywords.has(keyword)))
    return undefined;
  const items = list.items;
  if (typeof items !== "object" || items === null || !("$ref" in items)) return undefined;
  return typeof items.$ref === "string" && items.$ref.startsWith("#") ? items.$ref : undefined;
}

/** The file that holds the schema of a version. */
export function schemaFileOf(specVersion: SpecVersion): string {
  return `bom-${specVersion}${strictVariants.has(specVersion) ? "-strict" : ""}.SNAPSHOT.schema.json`;
}

/** A check of single values by a schema that refers to nothing. */
export function compileLeaf(schema: object): (value: unknown) => boolean {
  leaves ??= newAjv("first", true);
  return leaves.compile(schema);
}

let leaves: Ajv | undefined;

/** An official schema as it is. */
export function readSchema(file: string): object {
  const packageJson = require.resolve("@cyclonedx/cyclonedx-library/package.json");
  return JSON.parse(readFileSync(join(dirname(packageJson), "res", "schema", file), "utf8")) as object;
}

import {
  type BomComponent,
  type BomLicense,
  type BomOccurrence,
  type BomProperty,
  type Classifier,
  classifiers,
  type HashAlgorithm,
  hashAlgorithms,
} from "../bom.ts";
import { countOf, type Fields, fieldsOf, listOf, present, textOf } from "./fields.ts";
import { mapContacts, mapExternalReferences, mapOrganization } from "./map-shared.ts";
import type { NoteBook } from "./notes.ts";

const knownClassifiers: ReadonlySet<string> = new Set(classifiers);
const knownHashes: ReadonlySet<string> = new Set(hashAlgorithms);
const scopes = { required: "REQUIRED", optional: "OPTIONAL", excluded: "EXCLUDED" } as const;

/** Maps one component without its children; `path` is its JSON pointer, for notes. */
export function mapComponent(raw: Fields, path: string, notes: NoteBook, typeDefault: Classifier): BomComponent {
  return present<BomComponent>({
    bomRef: textOf(raw, "bom-ref"),
    type: mapType(raw, path, notes) ?? typeDefault,
    group: textOf(raw, "group"),
    name: textOf(raw, "name") ?? "-",
    version: textOf(raw, "version"),
    description: textOf(raw, "description"),
    publisher: textOf(raw, "publisher"),
    copyright: textOf(raw, "copyright"),
    cpe: textOf(raw, "cpe"),
    purl: textOf(raw, "purl"),
    swidTagId: textOf(fieldsOf(raw, "swid"), "tagId"),
    scope: mapScope(textOf(raw, "scope")),
    authors: mapAuthors(raw),
    supplier: mapOrganization(raw.supplier),
    licenses: mapLicenses(raw),
    hashes: mapHashes(raw, path, notes),
    externalReferences: mapExternalReferences(raw),
    properties: mapProperties(raw),
    occurrences: mapOccurrences(raw),
  });
}

function mapType(raw: Fields, path: string, notes: NoteBook): Classifier | undefined {
  const type = textOf(raw, "type");
  const name = type?.toUpperCase().replaceAll("-", "_");
  if (name === undefined || knownClassifiers.has(name)) return name as Classifier | undefined;
  notes.add("unknown-type", `${path}/type`, `the component type ${JSON.stringify(type)} is not known`);
  return undefined;
}

function mapScope(scope: string | undefined): BomComponent["scope"] {
  return scope !== undefined && Object.hasOwn(scopes, scope) ? scopes[scope as keyof typeof scopes] : undefined;
}

function mapAuthors(raw: Fields): BomComponent["authors"] {
  const author = textOf(raw, "author");
  const authors = mapContacts(raw, "authors");
  return author === undefined ? authors : [{ name: author }, ...authors];
}

/** Texts of licences are dropped: they are large and nothing reads them. */
function mapLicenses(raw: Fields): BomLicense[] {
  const candidates: BomLicense[] = [];
  const expressions: BomLicense[] = [];
  for (const choice of listOf(raw, "licenses")) {
    const license = fieldsOf(choice, "license");
    const id = textOf(license, "id");
    const value = id ?? textOf(license, "name");
    const url = textOf(license, "url");
    if (value !== undefined)
      candidates.push(present<BomLicense>({ kind: id === undefined ? "name" : "id", value, url }));
    const expression = textOf(choice, "expression");
    if (expression !== undefined) expressions.push({ kind: "expression", value: expression });
  }
  return [...candidates, ...expressions];
}

function mapHashes(raw: Fields, path: string, notes: NoteBook): BomComponent["hashes"] {
  const hashes: Partial<Record<HashAlgorithm, string>> = {};
  for (const entry of listOf(raw, "hashes")) {
    const algorithm = textOf(entry, "alg");
    const content = textOf(entry, "content");
    if (algorithm === undefined || content === undefined) continue;
    const column = columnOf(algorithm);
    if (column !== undefined) hashes[column] = content;
    else notes.add("unknown-hash-algorithm", `${path}/hashes`, `the hash ${JSON.stringify(algorithm)} is not kept`);
  }
  return hashes;
}

/** `SHA-256` → sha256, `SHA3-256` → sha3_256, `BLAKE2b-256` → blake2b_256, `Streebog-256` → streebog_256. */
function columnOf(algorithm: string): HashAlgorithm | undefined {
  const column = algorithm.toLowerCase().replace(/^sha-/, "sha").replaceAll("-", "_");
  return knownHashes.has(column) ? (column as HashAlgorithm) : undefined;
}

/** Splits names by the CycloneDX property taxonomy: group, first colon, name. */
function mapProperties(raw: Fields): BomProperty[] {
  const unique = new Map<string, BomProperty>();
  for (const entry of listOf(raw, "properties")) {
    const fullName = textOf(entry, "name");
    if (fullName === undefined) continue;
    const colon = fullName.indexOf(":");
    const group = colon > 0 ? fullName.slice(0, colon) : undefined;
    const name = fullName.slice(colon + 1);
    if (name === "") continue;
    const value = textOf(entry, "value");
    const key = JSON.stringify([group, name, value]);
    if (!unique.has(key)) unique.set(key, present<BomProperty>({ group, name, value }));
  }
  return [...unique.values()];
}

function mapOccurrences(raw: Fields): BomOccurrence[] {
  const unique = new Map<string, BomOccurrence>();
  for (const entry of listOf(fieldsOf(raw, "evidence"), "occurrences")) {
    const location = textOf(entry, "location");
    if (location === undefined) continue;
    const line = countOf(entry, "line");
    const offset = countOf(entry, "offset");
    const occurrence = present<BomOccurrence>({ location, line, offset, symbol: textOf(entry, "symbol") });
    unique.set(JSON.stringify(occurrence), occurrence);
  }
  return [...unique.values()];
}

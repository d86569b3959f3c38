import { type BomComponent, type BomEvidence, type BomOccurrence, type Classifier, classifiers } from "../bom.ts";
import { countOf, type Fields, fieldsOf, flagOf, listOf, present, textOf, textsOf } from "./fields.ts";
import { mapLicenses } from "./map-licenses.ts";
import { mapContacts, mapExternalReferences, mapHashes, mapOrganization, mapProperties } from "./map-shared.ts";
import type { NoteBook } from "./notes.ts";

const knownClassifiers: ReadonlySet<string> = new Set(classifiers);
const scopes = { required: "REQUIRED", optional: "OPTIONAL", excluded: "EXCLUDED" } as const;

/** Maps one component without its children; `path` is its JSON pointer, for notes. */
export function mapComponent(raw: Fields, path: string, notes: NoteBook, typeDefault: Classifier): BomComponent {
  const tags = textsOf(raw, "tags");
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
    licenses: mapLicenses(raw, path, notes),
    hashes: mapHashes(raw, path, notes),
    externalReferences: mapExternalReferences(raw, path, notes),
    properties: mapProperties(raw),
    occurrences: mapOccurrences(raw),
    mimeType: textOf(raw, "mime-type"),
    modified: flagOf(raw, "modified"),
    manufacturer: mapOrganization(raw.manufacturer),
    tags: tags.length > 0 ? tags : undefined,
    evidence: mapEvidence(raw, path, notes),
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

/** What was found in the component, but for the places where it was found. */
function mapEvidence(raw: Fields, path: string, notes: NoteBook): BomEvidence | undefined {
  const fields = fieldsOf(raw, "evidence");
  const licenses = mapLicenses(fields, `${path}/evidence`, notes);
  const copyright = listOf(fields, "copyright").flatMap((entry) => textOf(entry, "text") ?? []);
  return licenses.length > 0 || copyright.length > 0 ? { licenses, copyright } : undefined;
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

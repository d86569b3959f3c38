import {
  type BomContact,
  type BomExternalReference,
  type BomOrganization,
  type BomProperty,
  type HashAlgorithm,
  hashAlgorithms,
} from "../bom.ts";
import { asFields, type Fields, listOf, present, textOf, textsOf } from "./fields.ts";
import type { NoteBook } from "./notes.ts";

const knownHashes: ReadonlySet<string> = new Set(hashAlgorithms);

/** Maps the people in the list member `name`; entries that say nothing are left out. */
export function mapContacts(raw: Fields, name: string): BomContact[] {
  return listOf(raw, name)
    .map((entry) =>
      present<BomContact>({
        name: textOf(entry, "name"),
        email: textOf(entry, "email"),
        phone: textOf(entry, "phone"),
      }),
    )
    .filter((contact) => Object.keys(contact).length > 0);
}

/** Maps an organisation; undefined where there is none. */
export function mapOrganization(raw: unknown): BomOrganization | undefined {
  const fields = asFields(raw);
  if (fields === undefined) return undefined;
  const name = textOf(fields, "name");
  const organization = present<BomOrganization>({
    name,
    urls: textsOf(fields, "url"),
    contacts: mapContacts(fields, "contact"),
  });
  const saysSomething = name !== undefined || organization.urls.length > 0 || organization.contacts.length > 0;
  return saysSomething ? organization : undefined;
}

/** Maps `externalReferences`; an entry without type or URL is left out. */
export function mapExternalReferences(raw: Fields, path: string, notes: NoteBook): BomExternalReference[] {
  return listOf(raw, "externalReferences").flatMap((entry, index) => {
    const type = textOf(entry, "type");
    const url = textOf(entry, "url");
    if (type === undefined || url === undefined) return [];
    const hashes = mapHashes(entry, `${path}/externalReferences/${index}`, notes);
    return present<BomExternalReference>({
      type,
      url,
      comment: textOf(entry, "comment"),
      hashes: Object.keys(hashes).length > 0 ? hashes : undefined,
    });
  });
}

/** Maps `hashes`; of one algorithm the last counts. */
export function mapHashes(raw: Fields, path: string, notes: NoteBook): Partial<Record<HashAlgorithm, string>> {
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

/** Maps `properties`, splitting names by the CycloneDX property taxonomy: group, first colon, name. */
export function mapProperties(raw: Fields): BomProperty[] {
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

/** `SHA-256` → sha256, `SHA3-256` → sha3_256, `BLAKE2b-256` → blake2b_256, `Streebog-256` → streebog_256. */
function columnOf(algorithm: string): HashAlgorithm | undefined {
  const column = algorithm.toLowerCase().replace(/^sha-/, "sha").replaceAll("-", "_");
  return knownHashes.has(column) ? (column as HashAlgorithm) : undefined;
}

import type { ComponentCreation, ComponentUpdate } from "@evertrack/contract/v1/component";
import { HASH_MEMBERS } from "@evertrack/contract/v1/component";
import { formatPurl, PurlError, packageKeyOf, parsePurl, purlCoordinates } from "@evertrack/matching";
import type { InternalRule } from "./internal-components.ts";
import type { ComponentDetail, InventoryComponent } from "./inventory.ts";

/** Longest purl: an index entry of PostgreSQL must stay below 2,704 bytes. */
const PURL_MAX_BYTES = 2_000;

/** What only people say of a component; imports leave it. */
export interface ByHand {
  filename?: string;
  extension?: string;
  notes?: string;
}

/** A component as people want it. */
export interface HandMade {
  component: InventoryComponent;
  byHand: ByHand;
}

/** A purl that cannot be taken. */
export class UnusablePurl extends Error {}

type Said = ComponentCreation | ComponentUpdate;

/** Puts what people say over what there is: absent members stay, null empties. Throws UnusablePurl. */
export function applySaid(said: Said, present: HandMade | undefined, isInternal: InternalRule): HandMade {
  const before = present?.component;
  const name = said.name ?? before?.name ?? "-";
  const group = chosen(said.group, before?.group);
  return {
    component: {
      name,
      group,
      version: chosen(said.version, before?.version),
      cpe: chosen(said.cpe, before?.cpe),
      swidTagId: chosen(said.swidTagId, before?.swidTagId),
      scope: chosen(said.scope, before?.scope),
      ...packageOf(chosen(said.purl, before?.purl)),
      license: chosen(said.license, before?.license),
      licenseExpression: chosen(said.licenseExpression, before?.licenseExpression),
      licenseUrl: chosen(said.licenseUrl, before?.licenseUrl),
      classifier: said.classifier ?? before?.classifier ?? "LIBRARY",
      isInternal: said.isInternal ?? isInternal({ group, name }),
      detail: detailOf(said, before?.detail ?? {}),
    },
    byHand: filled({
      filename: chosen(said.filename, present?.byHand.filename),
      extension: chosen(said.extension, present?.byHand.extension),
      notes: chosen(said.notes, present?.byHand.notes),
    }),
  };
}

function chosen<T>(said: T | null | undefined, before: T | undefined): T | undefined {
  return said === undefined ? before : (said ?? undefined);
}

function packageOf(
  text: string | undefined,
): Pick<InventoryComponent, "purl" | "purlCoordinates" | "purlType" | "packageKey"> {
  if (text === undefined) return {};
  try {
    const parsed = parsePurl(text, { mode: "lenient" });
    const purl = formatPurl(parsed);
    if (purl.length > PURL_MAX_BYTES) throw new UnusablePurl(`is longer than ${PURL_MAX_BYTES} characters`);
    const coordinates = purlCoordinates(parsed);
    return { purl, purlCoordinates: coordinates, purlType: parsed.type, packageKey: packageKeyOf(parsed) };
  } catch (error) {
    if (error instanceof PurlError) throw new UnusablePurl(`is not a valid purl: ${error.message}`);
    throw error;
  }
}

/** What nobody can change by hand – properties and occurrences have routes of their own or none – stays. */
function detailOf(said: Said, before: ComponentDetail): ComponentDetail {
  return filled({
    ...withoutOldLicenses(said, before),
    description: chosen(said.description, before.description),
    publisher: chosen(said.publisher, before.publisher),
    copyright: chosen(said.copyright, before.copyright),
    authors: authorsOf(said, before.authors),
    supplier: chosen<object>(said.supplier, before.supplier),
    hashes: hashesOf(said, before.hashes),
    externalReferences: chosen<readonly object[]>(said.externalReferences, before.externalReferences),
  });
}

/** The full list a BOM gave does not hold any more when people say what the licence is. */
function withoutOldLicenses(said: Said, before: ComponentDetail & { licenses?: unknown }): ComponentDetail {
  const { licenses, ...rest } = before;
  const changed = [said.license, said.licenseExpression, said.licenseUrl].some((text) => text !== undefined);
  return changed || licenses === undefined ? rest : before;
}

/** The text clients show joins the names: sent back unchanged, it says nothing new. */
function authorsOf({ author, authors }: Said, before: readonly object[] | undefined): readonly object[] | undefined {
  if (authors !== undefined) return authors ?? undefined;
  if (author === undefined || author === authorText(before)) return before;
  return author === null ? undefined : [{ name: author }];
}

/** The older single-text form of the authors. */
export function authorText(authors: readonly object[] | undefined): string | undefined {
  const names = authors?.flatMap((author) => ("name" in author && typeof author.name === "string" ? author.name : []));
  return names === undefined || names.length === 0 ? undefined : names.join(", ");
}

function hashesOf(said: Said, before: ComponentDetail["hashes"]): ComponentDetail["hashes"] {
  const hashes = HASH_MEMBERS.flatMap((member) => {
    const hash = chosen(said[member], before?.[member]);
    return hash === undefined ? [] : [[member, hash] as const];
  });
  return Object.fromEntries(hashes);
}

/** Without members that say nothing. */
function filled<T extends object>(members: { [K in keyof T]: T[K] | undefined }): T {
  const said = Object.entries(members).filter(([, value]) => {
    if (value === undefined || value === null) return false;
    if (Array.isArray(value)) return value.length > 0;
    return typeof value !== "object" || Object.keys(value).length > 0;
  });
  return Object.fromEntries(said) as T;
}

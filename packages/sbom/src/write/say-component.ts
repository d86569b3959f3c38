import type { BomComponent, BomOccurrence } from "../bom.ts";
import { type Dialect, since, some, textIn, textsIn } from "./dialect.ts";
import { fitCpe, fitMimeType, fitUri } from "./fit.ts";
import { sayLicenses } from "./say-licenses.ts";
import { type Said, sayContacts, sayHashes, sayOrganization, sayProperties, sayReferences } from "./say-shared.ts";
import { typeIn } from "./vocabulary.ts";
import type { Written } from "./written.ts";

/** Longest version that the schemas take since 1.6. */
const versionMaxChars = 1024;

/** A component in the words of a version. */
export function sayComponent(dialect: Dialect, component: BomComponent, written: Written): Said {
  const name = textIn(dialect, component.name) ?? "-";
  return {
    type: typeIn(dialect, component.type),
    "mime-type": fitMimeType(component.mimeType),
    "bom-ref": written.firstUse(textIn(dialect, component.bomRef)),
    supplier: sayOrganization(dialect, component.supplier),
    ...sayMakers(dialect, component),
    publisher: textIn(dialect, component.publisher),
    group: textIn(dialect, component.group),
    name,
    version: sayVersion(dialect, component.version),
    description: textIn(dialect, component.description),
    scope: component.scope?.toLowerCase(),
    hashes: sayHashes(dialect, component.hashes),
    licenses: sayLicenses(dialect, component.licenses),
    copyright: textIn(dialect, component.copyright),
    ...sayIdentifiers(dialect, component, name),
    modified: component.modified,
    externalReferences: sayReferences(dialect, component.externalReferences),
    properties: sayProperties(dialect, component.properties),
    evidence: sayEvidence(dialect, component),
    tags: since(dialect, "1.6") ? textsIn(dialect, component.tags) : undefined,
  };
}

/** Before 1.4 a version was required. */
function sayVersion(dialect: Dialect, version: string | undefined): string | undefined {
  const text = textIn(dialect, version);
  const fits = text === undefined || text.length <= versionMaxChars || !since(dialect, "1.6");
  return (fits ? text : undefined) ?? (since(dialect, "1.4") ? undefined : "");
}

/** Before 1.6 there was one author, a text, and no manufacturer. */
function sayMakers(dialect: Dialect, { authors, manufacturer }: BomComponent): Said {
  if (since(dialect, "1.6"))
    return { manufacturer: sayOrganization(dialect, manufacturer), authors: sayContacts(dialect, authors) };
  const names = authors.flatMap(({ name, email }) => textIn(dialect, name ?? email) ?? []);
  return { author: names.length > 0 ? names.join(", ") : undefined };
}

/** The XML schemas say what purls and CPEs look like; in JSON they are any text. */
function sayIdentifiers(dialect: Dialect, { cpe, purl, swidTagId }: BomComponent, name: string): Said {
  const checked = dialect.format === "xml";
  const tagId = textIn(dialect, swidTagId);
  return {
    cpe: checked && cpe !== undefined ? fitCpe(cpe) : textIn(dialect, cpe),
    purl: checked && purl !== undefined ? fitUri(purl) : textIn(dialect, purl),
    swid: tagId === undefined ? undefined : { tagId, name },
  };
}

/** Evidence came with 1.3, places where a component was found with 1.5, and all that is said of these with 1.6. */
function sayEvidence(dialect: Dialect, { occurrences, evidence }: BomComponent): Said | undefined {
  if (!since(dialect, "1.3")) return undefined;
  const copyright = textsIn(dialect, evidence?.copyright)?.map((text) => ({ text }));
  const said = {
    occurrences: since(dialect, "1.5") ? sayOccurrences(dialect, occurrences) : undefined,
    licenses: sayLicenses(dialect, evidence?.licenses ?? []),
    copyright,
  };
  return Object.values(said).some((value) => value !== undefined) ? said : undefined;
}

function sayOccurrences(dialect: Dialect, occurrences: readonly BomOccurrence[]): readonly Said[] | undefined {
  const detailed = since(dialect, "1.6");
  return some(
    occurrences.flatMap(({ location, line, offset, symbol }) => {
      const place = textIn(dialect, location);
      if (place === undefined) return [];
      return detailed ? { location: place, line, offset, symbol: textIn(dialect, symbol) } : { location: place };
    }),
  );
}

import { formatPurl, PurlError, packageKeyOf, parsePurl, purlCoordinates } from "@evertrack/matching";
import type { BomComponent } from "@evertrack/sbom";
import type { ComponentDetail, InternalRule, InventoryComponent } from "../../components/index.ts";
import { type LicenseFinder, licensePart } from "./license-part.ts";

/** Something about a BOM that was changed or left out on import. */
export interface ImportNote {
  /** Where: a bom-ref, or name and version. */
  path: string;
  message: string;
}

/** What components are judged by; the same for all of a BOM. */
export interface Judging {
  isInternal: InternalRule;
  licenses: LicenseFinder;
}

/** Longest coordinate in UTF-8: an index entry of PostgreSQL must stay below 2,704 bytes. */
const COORDINATE_MAX_BYTES = 2_000;

/** What a BOM says of a component → what is stored of it. Pure; notes tell what was changed on the way. */
export function normalizeComponent(
  component: BomComponent,
  { isInternal, licenses }: Judging,
  notes: (note: ImportNote) => void,
): InventoryComponent {
  const note = (message: string) => notes({ path: placeOf(component), message });
  const shortened = (text: string | undefined, what: string) => shorten(text, what, note);
  const group = shortened(component.group, "group");
  const name = shortened(component.name, "name") ?? "-";
  const said = licensePart(component.licenses, licenses);
  return {
    group,
    name,
    version: shortened(component.version, "version"),
    cpe: shortened(component.cpe, "CPE"),
    swidTagId: shortened(component.swidTagId, "SWID tag id"),
    scope: component.scope,
    ...packageOf(component.purl, note),
    ...said.statement,
    classifier: component.type,
    isInternal: isInternal({ group, name }),
    detail: detailOf(component, said.licenses),
  };
}

function placeOf({ bomRef, name, version }: BomComponent): string {
  return bomRef ?? (version === undefined ? name : `${name} ${version}`);
}

function shorten(text: string | undefined, what: string, note: (message: string) => void): string | undefined {
  if (text === undefined || text.length * 3 <= COORDINATE_MAX_BYTES) return text;
  if (Buffer.byteLength(text) <= COORDINATE_MAX_BYTES) return text;
  note(`the ${what} is longer than ${COORDINATE_MAX_BYTES} bytes and was cut off`);
  return Buffer.from(text).subarray(0, COORDINATE_MAX_BYTES).toString("utf8").replace(/�+$/, "");
}

type PackagePart = Pick<InventoryComponent, "purl" | "purlCoordinates" | "purlType" | "packageKey">;

/** A purl that cannot be read, or no index could hold, is dropped: the component is kept and not matched by package. */
function packageOf(text: string | undefined, note: (message: string) => void): PackagePart {
  if (text === undefined) return {};
  try {
    const purl = parsePurl(text, { mode: "lenient" });
    const packageKey = packageKeyOf(purl);
    const tooLong = packageKey !== undefined && Buffer.byteLength(packageKey) > COORDINATE_MAX_BYTES;
    if (tooLong) note("the package is not matched: its name is too long");
    return {
      purl: formatPurl(purl),
      purlCoordinates: purlCoordinates(purl),
      purlType: purl.type,
      packageKey: tooLong ? undefined : packageKey,
    };
  } catch (error) {
    if (!(error instanceof PurlError)) throw error;
    note(`the purl is not valid and was left out: ${error.message}`);
    return {};
  }
}

/** Members the reader gives as well once it knows them; stored as they come. */
type FullComponent = BomComponent &
  Pick<ComponentDetail, "evidence" | "manufacturer" | "mimeType" | "modified" | "tags">;

function detailOf(component: FullComponent, licenses: ComponentDetail["licenses"]): ComponentDetail {
  const { description, publisher, copyright, authors, supplier, hashes, externalReferences } = component;
  const { evidence, manufacturer, mimeType, modified, tags } = component;
  const all = {
    description,
    publisher,
    copyright,
    authors: filled(authors),
    supplier,
    hashes: Object.keys(hashes).length > 0 ? hashes : undefined,
    externalReferences: filled(externalReferences),
    properties: filled(component.properties),
    occurrences: filled(component.occurrences),
    licenses,
    evidence,
    manufacturer,
    mimeType,
    modified,
    tags: filled(tags ?? []),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function filled<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined;
}

import { type SpecVersion, specVersions } from "../bom.ts";
import { BomError } from "../bom-error.ts";
import { placeAt } from "../json/decode.ts";
import type { XmlOpen, XmlScanner } from "./scan-xml.ts";
import { XmlFault } from "./xml-bytes.ts";

const namespacePrefix = "http://cyclonedx.org/schema/bom/";
const knownVersions: ReadonlySet<string> = new Set(specVersions);

/** Reads the tag of the root element, which says what it is. Throws XmlFault, or BomError where it is no known BOM. */
export function readRoot(scanner: XmlScanner): { root: XmlOpen; specVersion: SpecVersion } {
  const root = scanner.next();
  if (root.kind !== "open") throw new XmlFault(root.start, "the document has no element");
  if (root.name !== "bom") throw notCycloneDx(`the root element is <${root.tag.slice(0, 60)}> instead of <bom>`);
  if (!root.namespace.startsWith(namespacePrefix)) {
    const namespace = root.namespace === "" ? "has no namespace" : `is of the namespace ${quoted(root.namespace)}`;
    throw notCycloneDx(`the root element ${namespace}`);
  }
  const version = root.namespace.slice(namespacePrefix.length);
  if (knownVersions.has(version)) return { root, specVersion: version as SpecVersion };
  const message = `CycloneDX ${quoted(version)} is not known; XML is read in the versions ${specVersions.join(", ")}`;
  throw new BomError("unsupported-version", message, { problems: [{ path: "/bom", message }] });
}

/** Runs what may throw XmlFault, and throws BomError instead. */
export function withPlaces<T>(text: Uint8Array, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof XmlFault ? fromFault(error, text) : error;
  }
}

function fromFault(fault: XmlFault, text: Uint8Array): BomError {
  const place = placeAt(text, fault.offset);
  if (fault.kind === "too-deep") return new BomError("too-deep", `The document is ${fault.message}`, { place });
  if (fault.kind === "too-many") return new BomError("too-large", `The document has ${fault.message}`, { place });
  return new BomError("not-xml", `Not valid XML: ${fault.message}`, { place });
}

function notCycloneDx(reason: string): BomError {
  const message = `Not a CycloneDX BOM: ${reason}`;
  return new BomError("not-cyclonedx", message, { problems: [{ path: "", message }] });
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 80).toWellFormed());
}

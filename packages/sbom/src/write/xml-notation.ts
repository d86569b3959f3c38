import type { BomHeader, BomList, Notation } from "./notation.ts";
import { escapeXml } from "./xml-characters.ts";
import { component, dependency, metadata as metadataElement, service } from "./xml-elements.ts";
import type { Shape } from "./xml-shapes.ts";
import { vulnerability } from "./xml-vulnerability.ts";

const entries: Readonly<Record<BomList, readonly [string, Shape]>> = {
  components: ["component", component],
  services: ["service", service],
  dependencies: ["dependency", dependency],
  vulnerabilities: ["vulnerability", vulnerability],
};

/** CycloneDX XML, one entry of a list per line. */
export const xmlNotation: Notation = {
  start: ({ specVersion, serialNumber, version, metadata }: BomHeader) => {
    const serial = serialNumber === undefined ? "" : ` serialNumber="${escapeXml(serialNumber)}"`;
    const namespace = `http://cyclonedx.org/schema/bom/${specVersion}`;
    const root = `<bom xmlns="${namespace}"${serial} version="${version}">`;
    return `<?xml version="1.0" encoding="UTF-8"?>\n${root}\n${metadataElement("metadata", metadata)}\n`;
  },
  listStart: (name) => `<${name}>\n`,
  entry: (name, said) => {
    const [element, shape] = entries[name];
    return `${shape(element, said)}\n`;
  },
  listEnd: (name) => `</${name}>\n`,
  end: () => "</bom>\n",
};

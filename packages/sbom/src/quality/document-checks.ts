import { specVersions } from "../bom.ts";
import type { DocumentCheck } from "./check.ts";
import { hasEmail, isReachable } from "./component-checks.ts";

/** The oldest version that TR-03183-2 (2.0 and later) takes. */
const specVersionMin = specVersions.indexOf("1.5");

/** What is asked of the BOM itself. */
export const documentChecks: readonly DocumentCheck[] = [
  {
    id: "document-author",
    title: "The author of the BOM is named: a person, an organisation or a tool",
    standards: ["NTIA"],
    weight: 2,
    place: "/metadata/authors",
    passes: ({ metadata }) =>
      metadata.authors.length > 0 ||
      metadata.tools.length > 0 ||
      (metadata.manufacturer ?? metadata.supplier)?.name !== undefined,
  },
  {
    id: "document-timestamp",
    title: "The BOM has a time",
    standards: ["NTIA", "BSI"],
    weight: 2,
    place: "/metadata/timestamp",
    passes: ({ timestamp }) => timestamp !== undefined,
  },
  {
    id: "document-subject",
    title: "The BOM names what it is about",
    standards: ["NTIA", "BSI"],
    weight: 2,
    place: "/metadata/component",
    passes: ({ metadata }) => metadata.component !== undefined && metadata.component.name !== "-",
  },
  {
    id: "document-creator",
    title: "The creator of the BOM is named with an email address or a URL",
    standards: ["BSI"],
    weight: 2,
    place: "/metadata/manufacturer",
    passes: ({ metadata }) =>
      metadata.authors.some(hasEmail) || isReachable(metadata.manufacturer) || isReachable(metadata.supplier),
  },
  {
    id: "document-serial-number",
    title: "The BOM has a serial number",
    standards: ["BSI"],
    weight: 1,
    place: "/serialNumber",
    passes: ({ serialNumber }) => serialNumber !== undefined,
  },
  {
    id: "document-spec-version",
    title: "The BOM is CycloneDX 1.5 or later",
    standards: ["BSI"],
    weight: 1,
    place: "/specVersion",
    passes: ({ specVersion }) => specVersions.indexOf(specVersion) >= specVersionMin,
  },
];

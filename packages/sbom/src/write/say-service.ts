import type { BomService } from "../bom.ts";
import { type Dialect, some, textIn } from "./dialect.ts";
import { fitUri } from "./fit.ts";
import { type Said, sayOrganization, sayReferences } from "./say-shared.ts";
import type { Written } from "./written.ts";

const flows = {
  INBOUND: "inbound",
  OUTBOUND: "outbound",
  BI_DIRECTIONAL: "bi-directional",
  UNKNOWN: "unknown",
} as const;
/** Longest version that the schemas take. */
const versionMaxChars = 1024;

/** A service in the words of a version. */
export function sayService(dialect: Dialect, service: BomService, written: Written): Said {
  const version = textIn(dialect, service.version);
  return {
    "bom-ref": written.firstUse(textIn(dialect, service.bomRef)),
    provider: sayOrganization(dialect, service.provider),
    group: textIn(dialect, service.group),
    name: textIn(dialect, service.name) ?? "-",
    version: version !== undefined && version.length <= versionMaxChars ? version : undefined,
    description: textIn(dialect, service.description),
    endpoints: some(service.endpoints.flatMap((endpoint) => fitUri(endpoint) ?? [])),
    authenticated: service.authenticated,
    "x-trust-boundary": service.crossesTrustBoundary,
    data: some(
      service.data.map(({ name, direction }) => ({
        flow: flows[direction],
        classification: textIn(dialect, name) ?? "-",
      })),
    ),
    externalReferences: sayReferences(dialect, service.externalReferences),
  };
}

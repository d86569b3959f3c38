import type { BomDataClassification, BomHead, BomMetadata, BomService, BomTool, SpecVersion } from "../bom.ts";
import {
  asFields,
  countOf,
  type Fields,
  fieldsOf,
  flagOf,
  listOf,
  momentOf,
  present,
  textOf,
  textsOf,
} from "./fields.ts";
import { mapComponent } from "./map-component.ts";
import { mapContacts, mapExternalReferences, mapOrganization } from "./map-shared.ts";
import type { NoteBook } from "./notes.ts";

const directions = {
  inbound: "INBOUND",
  outbound: "OUTBOUND",
  "bi-directional": "BI_DIRECTIONAL",
  unknown: "UNKNOWN",
} as const;

/** Maps everything but the inventory; `services` are mapped already. */
export function mapHead(raw: Fields, specVersion: SpecVersion, services: BomService[], notes: NoteBook): BomHead {
  const metadata = fieldsOf(raw, "metadata");
  return present<BomHead>({
    format: "CycloneDX",
    specVersion,
    serialNumber: textOf(raw, "serialNumber")?.replace(/^urn:uuid:/i, ""),
    version: countOf(raw, "version") ?? 1,
    timestamp: mapTimestamp(metadata, notes),
    metadata: mapMetadata(metadata, notes),
    services,
  });
}

/** Maps one service without its children. */
export function mapService(raw: Fields, path: string, notes: NoteBook): BomService {
  return present<BomService>({
    bomRef: textOf(raw, "bom-ref"),
    group: textOf(raw, "group"),
    name: textOf(raw, "name") ?? "-",
    version: textOf(raw, "version"),
    description: textOf(raw, "description"),
    authenticated: flagOf(raw, "authenticated"),
    crossesTrustBoundary: flagOf(raw, "x-trust-boundary"),
    provider: mapOrganization(raw.provider),
    data: mapData(raw),
    endpoints: textsOf(raw, "endpoints"),
    externalReferences: mapExternalReferences(raw, path, notes),
  });
}

function mapMetadata(raw: Fields, notes: NoteBook): BomMetadata {
  const component = asFields(raw.component);
  return present<BomMetadata>({
    component: component && mapComponent(component, "/metadata/component", notes, "APPLICATION"),
    authors: mapContacts(raw, "authors"),
    supplier: mapOrganization(raw.supplier),
    manufacturer: mapOrganization(raw.manufacture) ?? mapOrganization(raw.manufacturer),
    tools: mapTools(raw),
  });
}

/** Before 1.5 a list of tools, since then components and services. */
function mapTools(metadata: Fields): BomTool[] {
  const since15 = fieldsOf(metadata, "tools");
  return [
    ...listOf(metadata, "tools").map((tool) => mapTool(tool, "tool")),
    ...listOf(since15, "components").map((tool) => mapTool(tool, "component")),
    ...listOf(since15, "services").map((tool) => mapTool(tool, "service")),
  ];
}

function mapTool(raw: Fields, kind: BomTool["kind"]): BomTool {
  const vendor = kind === "tool" ? textOf(raw, "vendor") : undefined;
  const group = kind === "tool" ? undefined : textOf(raw, "group");
  return present<BomTool>({ kind, vendor, group, name: textOf(raw, "name"), version: textOf(raw, "version") });
}

function mapTimestamp(metadata: Fields, notes: NoteBook): string | undefined {
  const text = textOf(metadata, "timestamp");
  const moment = momentOf(metadata, "timestamp");
  if (text === undefined || moment !== undefined) return moment;
  notes.add("timestamp-ignored", "/metadata/timestamp", `${JSON.stringify(text)} is no date and time`);
  return undefined;
}

function mapData(raw: Fields): BomDataClassification[] {
  return listOf(raw, "data").flatMap((entry) => {
    const name = textOf(entry, "classification");
    const flow = textOf(entry, "flow") ?? "unknown";
    if (name === undefined) return [];
    return {
      name,
      direction: Object.hasOwn(directions, flow) ? directions[flow as keyof typeof directions] : "UNKNOWN",
    };
  });
}

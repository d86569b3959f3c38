import type { BomComponent, BomLicense, BomService } from "@evertrack/sbom";
import type { ExportedService } from "../../components/index.ts";
import type { ExportedComponent } from "../store/inventory.ts";
import { organizationOf, stated } from "./stored-json.ts";

/** A stored component as the model of a BOM says it; its bom-ref is its UUID. */
export function componentModel(row: ExportedComponent, licenses: BomLicense[]): BomComponent {
  const detail: Partial<BomComponent> = row.detail ?? {};
  const { description, publisher, copyright, mimeType, modified, tags, evidence } = detail;
  const { authors = [], hashes = {}, externalReferences = [], properties = [], occurrences = [] } = detail;
  const component: Omit<BomComponent, "bomRef" | "type" | "name"> = {
    authors,
    hashes,
    externalReferences,
    properties,
    occurrences,
    licenses,
  };
  return {
    bomRef: row.uuid,
    type: row.classifier as BomComponent["type"],
    name: row.name,
    ...stated({ group: row.group, version: row.version, purl: row.purl, cpe: row.cpe, swidTagId: row.swidTagId }),
    ...stated({ scope: row.scope as BomComponent["scope"] | null }),
    ...stated({ description, publisher, copyright, mimeType, modified, tags, evidence }),
    ...stated({ supplier: organizationOf(detail.supplier), manufacturer: organizationOf(detail.manufacturer) }),
    ...component,
  };
}

/** A stored service as the model of a BOM says it. */
export function serviceModel(service: ExportedService): BomService {
  const { group, version, description, authenticated, crossesTrustBoundary } = service;
  // Kept as the import's model had them.
  const kept = service as unknown as Pick<Partial<BomService>, "data" | "endpoints" | "externalReferences">;
  return {
    bomRef: service.uuid,
    name: service.name,
    ...stated({ group, version, description, authenticated, crossesTrustBoundary }),
    ...stated({ provider: organizationOf(service.provider) }),
    data: kept.data ?? [],
    endpoints: kept.endpoints ?? [],
    externalReferences: kept.externalReferences ?? [],
  };
}

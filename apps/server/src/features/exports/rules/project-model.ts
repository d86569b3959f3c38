import type { BomComponent, BomExternalReference, BomMetadata } from "@evertrack/sbom";
import type { ProjectRow } from "../../projects/index.ts";
import { listOf, organizationOf, stated } from "./stored-json.ts";

/** What a BOM says about itself: its subject is the project, the tool this server. */
export function metadataModel(project: ProjectRow, version: string): BomMetadata {
  const { authors, supplier } = (project.metadata ?? {}) as { authors?: unknown; supplier?: unknown };
  return {
    component: subjectOf(project),
    authors: listOf(authors),
    ...stated({ supplier: organizationOf(supplier), manufacturer: organizationOf(project.manufacturer) }),
    tools: [{ kind: "component", name: "Evertrack", version }],
  };
}

function subjectOf(project: ProjectRow): BomComponent {
  const { group_name: group, description, publisher, purl, cpe, swid_tag_id: swidTagId } = project;
  return {
    bomRef: project.uuid,
    type: (project.classifier ?? "APPLICATION") as BomComponent["type"],
    name: project.name,
    version: project.version ?? "SNAPSHOT",
    ...stated({ group, description, publisher, purl, cpe, swidTagId, supplier: organizationOf(project.supplier) }),
    authors: listOf(project.authors),
    externalReferences: listOf<BomExternalReference>(project.external_references),
    licenses: [],
    hashes: {},
    properties: [],
    occurrences: [],
  };
}

import type { ProjectResponse } from "@evertrack/contract/v1/portfolio";
import type { ProjectRow, VersionRow } from "../store/listing.ts";

/** The JSON of a project in v1: members without a value are left out, times are epoch milliseconds. */
export function projectJson(row: ProjectRow, options: { single: boolean }): ProjectResponse {
  return present({
    ...ownMembers(row),
    parent: row.parent === null ? null : present(row.parent),
    tags: row.tags.map((name) => ({ name })),
    active: row.inactive_since === null,
    isLatest: row.is_latest,
    inactiveSince: row.inactive_since?.getTime(),
    lastBomImport: row.last_bom_import?.getTime(),
    lastBomImportFormat: row.last_bom_import_format,
    lastVulnerabilityAnalysis: row.last_vulnerability_analysis?.getTime(),
    lastInheritedRiskScore: row.last_risk_score,
    hasChildren: options.single ? null : row.has_children,
  }) as ProjectResponse;
}

function ownMembers(row: ProjectRow) {
  return {
    uuid: row.uuid,
    name: row.name,
    version: row.version,
    group: row.group_name,
    description: row.description,
    publisher: row.publisher,
    classifier: row.classifier,
    cpe: row.cpe,
    purl: row.purl,
    swidTagId: row.swid_tag_id,
    authors: row.authors,
    supplier: row.supplier,
    manufacturer: row.manufacturer,
    externalReferences: row.external_references,
    metadata: row.metadata,
    collectionLogic: row.collection_logic,
    collectionTag: row.collection_tag === null ? null : { name: row.collection_tag },
  };
}

/** One entry of `versions`. */
export function versionJson(row: VersionRow) {
  const { uuid, active } = row;
  return { uuid, active, isLatest: row.is_latest, ...(row.version === null ? {} : { version: row.version }) };
}

/** A project as notifications show it (spec/notifications.md §2). */
export function projectSubject(row: ProjectRow): Record<string, unknown> {
  return present({
    uuid: row.uuid,
    name: row.name,
    version: row.version,
    description: row.description,
    purl: row.purl,
    tags: row.tags,
    isActive: row.inactive_since === null,
  });
}

function present<T extends object>(members: T): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== undefined));
}

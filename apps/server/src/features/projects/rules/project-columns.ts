import type { ProjectPatch } from "@evertrack/contract/v1/portfolio";
import type { ProjectColumns } from "../store/projects.ts";

/** Columns that a request gives; absent members leave their column alone. */
export function columnsOf(request: Omit<ProjectPatch, "name"> & { name?: string | undefined }): ProjectColumns {
  return {
    name: request.name,
    version: request.version,
    group_name: request.group,
    description: request.description,
    publisher: request.publisher,
    classifier: request.classifier,
    cpe: request.cpe,
    purl: request.purl,
    swid_tag_id: request.swidTagId,
    authors: request.authors,
    supplier: request.supplier,
    manufacturer: request.manufacturer,
    external_references: request.externalReferences,
    collection_logic: request.collectionLogic,
  };
}

/** As columnsOf, for requests that say everything: absent members empty their column, except the name. */
export function allColumnsOf(request: ProjectPatch): ProjectColumns {
  const { name, ...others } = columnsOf(request);
  const emptied = Object.fromEntries(Object.entries(others).map(([column, value]) => [column, value ?? null]));
  return { ...emptied, name };
}

/** Those columns that would get another value. */
export function changedColumns(columns: ProjectColumns, current: Readonly<Record<string, unknown>>): ProjectColumns {
  const changed = Object.entries(columns).filter(
    ([column, value]) => value !== undefined && canonical(value) !== canonical(current[column]),
  );
  return Object.fromEntries(changed);
}

/** Equal for equal JSON values, whatever the order of members; the database does not keep it. */
function canonical(value: unknown): string {
  return (
    JSON.stringify(value ?? null, (_key, inner: unknown) =>
      inner !== null && typeof inner === "object" && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? "null"
  );
}

import type { ComponentResponse } from "@evertrack/contract/v1/portfolio";
import type { DependencyRow } from "../store/dependencies.ts";
import type { ComponentRow } from "../store/listing.ts";
import { authorText } from "./hand-made.ts";

/** The JSON of a component in v1: hashes are flat members, members without a value are left out. `options`: what only single ones show. */
export function componentJson(
  row: ComponentRow,
  options: Pick<ComponentResponse, "properties" | "directDependencies"> = {},
): ComponentResponse {
  return present({
    uuid: row.uuid,
    name: row.name,
    group: row.group_name,
    version: row.version,
    classifier: row.classifier,
    scope: row.scope,
    purl: row.purl,
    purlCoordinates: row.purl_coordinates,
    cpe: row.cpe,
    swidTagId: row.swid_tag_id,
    isInternal: row.is_internal,
    license: row.license,
    licenseExpression: row.license_expression,
    licenseUrl: row.license_url,
    resolvedLicense: row.resolved_license,
    ...detailMembers(row),
    ...row.by_hand,
    ...options,
    project: present(row.project),
  }) as ComponentResponse;
}

function detailMembers({ detail, occurrences }: ComponentRow) {
  const { description, publisher, copyright, authors, supplier, hashes, externalReferences } = detail ?? {};
  return {
    description,
    publisher,
    copyright,
    authors,
    author: authorText(authors),
    supplier,
    externalReferences,
    ...hashes,
    occurrenceCount: occurrences,
  };
}

function present<T extends object>(members: T): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== undefined));
}

/** What a component depends on directly, as the text of a JSON array; undefined when that is nothing. */
export function dependenciesText(rows: readonly DependencyRow[]): string | undefined {
  if (rows.length === 0) return undefined;
  return JSON.stringify(rows.map(dependencyJson));
}

function dependencyJson(row: DependencyRow) {
  return present({
    uuid: row.uuid,
    purl: row.purl,
    purlCoordinates: row.purl_coordinates,
    cpe: row.cpe,
    swidTagId: row.swid_tag_id,
    group: row.group_name,
    name: row.name,
    version: row.version,
    objectType: "COMPONENT",
    scope: row.scope,
  });
}

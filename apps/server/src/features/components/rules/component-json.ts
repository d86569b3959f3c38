import type { ComponentResponse } from "@evertrack/contract/v1/portfolio";
import type { ComponentRow } from "../store/listing.ts";

/** The JSON of a component in v1: hashes are flat members, members without a value are left out. */
export function componentJson(row: ComponentRow, options: { single: boolean }): ComponentResponse {
  const { properties, ...detail } = detailMembers(row);
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
    ...detail,
    properties: options.single ? properties : null,
    project: present(row.project),
  }) as ComponentResponse;
}

function detailMembers({ detail }: ComponentRow) {
  const { hashes, occurrences, properties, ...shown } = detail ?? {};
  return {
    ...shown,
    ...hashes,
    author: authorOf(detail?.authors),
    occurrenceCount: occurrences?.length ?? 0,
    properties: properties?.map(({ group, name, value }) =>
      present({ groupName: group, propertyName: name, propertyValue: value, propertyType: "STRING" }),
    ),
  };
}

/** The older single-text form of the authors. */
function authorOf(authors: readonly object[] | undefined): string | undefined {
  const names = authors?.flatMap((author) => ("name" in author && typeof author.name === "string" ? author.name : []));
  return names === undefined || names.length === 0 ? undefined : names.join(", ");
}

function present<T extends object>(members: T): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== undefined));
}

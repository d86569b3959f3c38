import { hash } from "node:crypto";
import type { ComponentPropertyResponse } from "@evertrack/contract/v1/component-property";
import type { StoredProperty } from "./rules/properties.ts";

/**
 * A property as v1 shows it; those of BOMs are texts. Properties and occurrences are stored within their component, so their UUIDs
 * are derived from what tells them apart there.
 */
export function propertyJson(componentUuid: string, property: StoredProperty): ComponentPropertyResponse {
  const { group, name, value, type, description } = property;
  return {
    uuid: derivedUuid(["property", componentUuid, group ?? null, name, value ?? null]),
    ...(group === undefined ? {} : { groupName: group }),
    propertyName: name,
    ...(value === undefined ? {} : { propertyValue: value }),
    propertyType: type ?? "STRING",
    ...(description === undefined ? {} : { description }),
  };
}

/** UUID of an occurrence, by its place in the list of its component. */
export function occurrenceUuid(componentUuid: string, ordinal: number): string {
  return derivedUuid(["occurrence", componentUuid, ordinal]);
}

/** Version 8: a UUID of one's own making. */
function derivedUuid(parts: readonly unknown[]): string {
  const hex = hash("sha256", JSON.stringify(parts), "hex");
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

import type { ComponentPropertyCreation, PropertyType } from "@evertrack/contract/v1/component-property";
import type { ComponentDetail } from "./inventory.ts";

/** A property as it is stored with its component. BOMs say group, name and value; the rest only people do. */
export type StoredProperty = NonNullable<ComponentDetail["properties"]>[number] & {
  type?: PropertyType;
  description?: string;
};

/** The property a request wants. */
export function propertyOf(said: ComponentPropertyCreation): StoredProperty {
  const { groupName, propertyName, propertyValue, propertyType, description } = said;
  return {
    ...(groupName === undefined ? {} : { group: groupName }),
    name: propertyName,
    ...(propertyValue === undefined ? {} : { value: propertyValue }),
    ...(propertyType === "STRING" ? {} : { type: propertyType }),
    ...(description === undefined ? {} : { description }),
  };
}

/** Whether two properties say the same: those of a component never do. */
export function sameProperty(a: StoredProperty, b: StoredProperty): boolean {
  return a.group === b.group && a.name === b.name && a.value === b.value;
}

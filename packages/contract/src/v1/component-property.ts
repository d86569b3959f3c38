import { z } from "zod";

const NAME_MAX = 255;
const VALUE_MAX = 1024;

/** What kind of value a property has. */
export const PROPERTY_TYPES = ["BOOLEAN", "INTEGER", "NUMBER", "STRING", "TIMESTAMP", "URL", "UUID"] as const;

export type PropertyType = (typeof PROPERTY_TYPES)[number];

function plainText(lengthMax: number) {
  return z
    .string()
    .trim()
    .max(lengthMax)
    .regex(/^\P{Cc}*$/u, "must not contain control characters");
}

function optionalPlainText(lengthMax: number) {
  return plainText(lengthMax)
    .nullish()
    .transform((text) => (text === null || text === "" ? undefined : text));
}

/** How values of a type are written; the others are free. */
const WRITTEN: Partial<Record<PropertyType, { pattern: RegExp; means: string }>> = {
  BOOLEAN: { pattern: /^(true|false)$/i, means: "true or false" },
  INTEGER: { pattern: /^[+-]?\d+$/, means: "a whole number" },
  NUMBER: { pattern: /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/, means: "a number" },
  UUID: { pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, means: "a UUID" },
};

/** Body of `PUT /v1/component/{uuid}/property`. */
export const componentPropertyCreation = z
  .object({
    groupName: optionalPlainText(NAME_MAX),
    propertyName: plainText(NAME_MAX).min(1, "must not be blank"),
    propertyValue: optionalPlainText(VALUE_MAX),
    propertyType: z.enum(PROPERTY_TYPES),
    description: optionalPlainText(NAME_MAX),
  })
  .superRefine(({ propertyType, propertyValue }, context) => {
    const written = WRITTEN[propertyType];
    if (propertyValue === undefined || written === undefined || written.pattern.test(propertyValue)) return;
    context.addIssue({ code: "custom", path: ["propertyValue"], message: `must be ${written.means}` });
  });

export type ComponentPropertyCreation = z.output<typeof componentPropertyCreation>;

/** A property of a component. */
export const componentPropertyResponse = z.object({
  uuid: z.string(),
  groupName: z.string().optional(),
  propertyName: z.string(),
  propertyValue: z.string().optional(),
  propertyType: z.enum(PROPERTY_TYPES),
  description: z.string().optional(),
});

export type ComponentPropertyResponse = z.output<typeof componentPropertyResponse>;

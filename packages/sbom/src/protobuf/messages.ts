/**
 * The messages of CycloneDX as far as the model wants them. The versions 1.3 to 1.7 number the same fields alike; where one
 * of them repeats a field that another does not, it is read as repeated.
 */
import {
  acknowledgements,
  componentTypes,
  dataFlows,
  type EnumWords,
  hashNames,
  referenceTypes,
  scopes,
} from "./enums.ts";
import type { FieldShape, MessageShape } from "./read-message.ts";

type Kind = FieldShape["kind"];

/** A field that stands at most once. */
export const one = (name: string, kind: Kind = "text"): FieldShape => ({ name, kind });
/** A field that may stand several times. */
export const many = (name: string, kind: Kind = "text"): FieldShape => ({ name, kind, repeats: true });
/** A message whose members are the fields as they are. */
export const of = (fields: Readonly<Record<number, FieldShape>>, finish?: MessageShape["finish"]) => {
  const shape: MessageShape = finish === undefined ? { fields } : { fields, finish };
  return () => shape;
};

const enumeration = (words: EnumWords): Kind => words;

const attachment = of({ 1: one("contentType"), 2: one("encoding"), 3: one("content") });
const hash = of({ 1: one("alg", enumeration(hashNames)), 2: one("content") });
/** Names with values. */
export const property = of({ 1: one("name"), 2: one("value") });
const contact = of({ 1: one("name"), 2: one("email"), 3: one("phone"), 4: one("bom-ref") });
const organization = of({ 1: one("name"), 2: many("url"), 3: many("contact", contact), 4: one("bom-ref") });

/** A link to elsewhere: what has no type is of type "other". */
export const externalReference = of(
  {
    1: one("type", enumeration(referenceTypes)),
    2: one("url"),
    3: one("comment"),
    4: many("hashes", hash),
    5: many("properties", property),
  },
  (members) => ({ type: "other", ...members }),
);

const license = of({
  1: one("id"),
  2: one("name"),
  3: one("text", attachment),
  4: one("url"),
  5: one("bom-ref"),
  7: many("properties", property),
  8: one("acknowledgement", enumeration(acknowledgements)),
});

const expressionDetails = of({
  1: one("licenseIdentifier"),
  2: one("bom-ref"),
  3: one("text", attachment),
  4: one("url"),
});

const expressionDetailed = of({
  1: one("expression"),
  2: many("expressionDetails", expressionDetails),
  3: one("bom-ref"),
  4: one("acknowledgement", enumeration(acknowledgements)),
  6: many("properties", property),
});

const licenseChoice = of(
  {
    1: one("license", license),
    2: one("expression"),
    3: one("acknowledgement", enumeration(acknowledgements)),
    4: one("bom-ref"),
    5: one("detailed", expressionDetailed),
  },
  ({ license: choice, detailed, ...expression }) => {
    if (choice !== undefined) return { license: choice };
    return detailed === undefined ? expression : detailed;
  },
);

const swid = of({
  1: one("tagId"),
  2: one("name"),
  3: one("version"),
  4: one("tagVersion", "integer"),
  5: one("patch", "flag"),
  6: one("text", attachment),
  7: one("url"),
});

const occurrence = of({
  1: one("bom-ref"),
  2: one("location"),
  3: one("line", "integer"),
  4: one("offset", "integer"),
  5: one("symbol"),
  6: one("additionalContext"),
});

const evidence = of({
  1: many("licenses", licenseChoice),
  2: many("copyright", of({ 1: one("text") })),
  4: many("occurrences", occurrence),
});

/** A component with those nested in it. */
export const component: () => MessageShape = of(
  {
    1: one("type", enumeration(componentTypes)),
    2: one("mime-type"),
    3: one("bom-ref"),
    4: one("supplier", organization),
    5: one("author"),
    6: one("publisher"),
    7: one("group"),
    8: one("name"),
    9: one("version"),
    10: one("description"),
    11: one("scope", enumeration(scopes)),
    12: many("hashes", hash),
    13: many("licenses", licenseChoice),
    14: one("copyright"),
    15: one("cpe"),
    16: one("purl"),
    17: one("swid", swid),
    18: one("modified", "flag"),
    20: many("externalReferences", externalReference),
    21: many("components", () => component()),
    22: many("properties", property),
    23: many("evidence", evidence),
    28: one("manufacturer", organization),
    29: many("authors", contact),
    30: many("tags"),
    31: many("omniborId"),
    32: many("swhid"),
    33: one("versionRange"),
    34: one("isExternal", "flag"),
  },
  ({ evidence: parts, ...members }) => (Array.isArray(parts) ? { ...members, evidence: merged(parts) } : members),
);

/** Several pieces of evidence are one. */
function merged(parts: Record<string, unknown[]>[]): Record<string, unknown[]> {
  const whole: Record<string, unknown[]> = {};
  for (const part of parts) {
    for (const [name, entries] of Object.entries(part)) whole[name] = [...(whole[name] ?? []), ...entries];
  }
  return whole;
}

const dataFlow = of({
  1: one("flow", enumeration(dataFlows)),
  2: one("classification"),
  3: one("name"),
  4: one("description"),
});

/** A service with those nested in it. */
export const service: () => MessageShape = of({
  1: one("bom-ref"),
  2: one("provider", organization),
  3: one("group"),
  4: one("name"),
  5: one("version"),
  6: one("description"),
  7: many("endpoints"),
  8: one("authenticated", "flag"),
  9: one("x-trust-boundary", "flag"),
  10: many("data", dataFlow),
  11: many("licenses", licenseChoice),
  12: many("externalReferences", externalReference),
  13: many("services", () => service()),
  14: many("properties", property),
  16: one("trustZone"),
  17: many("tags"),
});

const targets = of({ 1: many("of") }, ({ of: entries = [] }) => entries);

/** Who says so (since 1.7): not in the model, but its form is checked. */
export const citation = of({
  1: one("bom-ref"),
  2: one("pointers", targets),
  3: one("expressions", targets),
  4: one("timestamp", "time"),
  5: one("attributedTo"),
  6: one("process"),
  7: one("note"),
});

const tool = of({
  1: one("vendor"),
  2: one("name"),
  3: one("version"),
  4: many("hashes", hash),
  5: many("externalReferences", externalReference),
  6: many("components", component),
  7: many("services", service),
});

/** What the BOM says about itself. */
export const metadata = of(
  {
    1: one("timestamp", "time"),
    2: many("tools", tool),
    3: many("authors", contact),
    4: one("component", component),
    5: one("manufacture", organization),
    6: one("supplier", organization),
    7: many("licenses", licenseChoice),
    8: many("properties", property),
    10: one("manufacturer", organization),
  },
  ({ tools, ...members }) => (Array.isArray(tools) ? { ...members, tools: toolsOf(tools) } : members),
);

/** Before 1.5 a list of tools; since then one that has components and services. */
function toolsOf(tools: Record<string, unknown>[]): unknown {
  const modern = tools.find(({ components, services }) => components !== undefined || services !== undefined);
  if (modern === undefined) return tools;
  return { components: modern.components, services: modern.services };
}

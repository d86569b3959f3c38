import { attachment } from "./attachment-shape.ts";
import { pedigreeShape } from "./pedigree-shape.ts";
import { flag, flagOf, list, number, numberOf, object, type Shape, text } from "./shape.ts";

const hashes = list(
  "hash",
  object(() => ({ attributes: ["alg"], text: "content" })),
);
const contact = object(() => ({ attributes: ["bom-ref"], children: { name: text, email: text, phone: text } }));
const properties = list(
  "property",
  object(() => ({ attributes: ["name"], text: "value" })),
);

/** An organisation, its contacts included. */
export const organization = object(() => ({
  attributes: ["bom-ref"],
  children: { name: text, url: { shape: text, repeats: true }, contact: { shape: contact, repeats: true } },
}));

/** People. */
export const authors = list("author", contact);

/** Links to elsewhere. */
export const externalReferences = list(
  "reference",
  object(() => ({ attributes: ["type"], children: { url: text, comment: text, hashes, properties } })),
);

/** Names with values. */
export const propertyList = properties;

const license = object(() => ({
  attributes: ["bom-ref", "acknowledgement"],
  children: { id: text, name: text, text: attachment, url: text, properties },
}));

const expression = object(() => ({ attributes: ["bom-ref", "acknowledgement"], text: "expression" }));

const detailedExpression = object(() => ({
  attributes: ["expression", "bom-ref", "acknowledgement"],
  children: { details: { shape: expressionDetails, name: "expressionDetails", repeats: true }, properties },
}));

const expressionDetails = object(() => ({
  attributes: ["bom-ref"],
  renamed: { "license-identifier": "licenseIdentifier" },
  children: { text: attachment, url: text },
}));

/** Licences and expressions in the order in which they stand. */
export const licenses: Shape = ({ children, namespace }) =>
  children.flatMap((choice) => {
    if (choice.namespace !== namespace) return [];
    if (choice.name === "license") return [{ license: license(choice) }];
    if (choice.name === "expression") return [expression(choice)];
    return choice.name === "expression-detailed" ? [detailedExpression(choice)] : [];
  });

const occurrence = object(() => ({
  attributes: ["bom-ref"],
  children: { location: text, line: number, offset: number, symbol: text, additionalContext: text },
}));

const evidence = object(() => ({
  children: {
    occurrences: list("occurrence", occurrence),
    licenses,
    copyright: list("text", (element) => ({ text: element.text })),
  },
}));

const swidMembers = object(() => ({
  attributes: ["tagId", "name", "version", "tagVersion", "patch"],
  children: { text: attachment, url: text },
}));

/** Attributes are texts; two of these are not in JSON. */
const swid: Shape = (element) => {
  const members = swidMembers(element) as Record<string, unknown>;
  const { tagVersion, patch } = members;
  return {
    ...members,
    ...(typeof tagVersion === "string" && { tagVersion: numberOf(tagVersion) }),
    ...(typeof patch === "string" && { patch: flagOf(patch) }),
  };
};

const componentMembers = object(() => ({
  attributes: ["type", "mime-type", "bom-ref"],
  children: {
    supplier: organization,
    manufacturer: organization,
    authors,
    author: text,
    publisher: text,
    group: text,
    name: text,
    version: text,
    versionRange: text,
    description: text,
    scope: text,
    hashes,
    licenses,
    copyright: text,
    cpe: text,
    purl: text,
    omniborId: { shape: text, repeats: true },
    swhid: { shape: text, repeats: true },
    swid,
    modified: flag,
    pedigree: pedigreeShape(list("component", (element) => component(element))),
    externalReferences,
    properties,
    components: list("component", (element) => component(element)),
    evidence,
    tags: list("tag", text),
  },
}));

/** A component with those nested in it. */
export const component: Shape = (element) => {
  const isExternal = element.attributes.get("isExternal");
  const members = componentMembers(element) as Record<string, unknown>;
  return isExternal === undefined ? members : { ...members, isExternal: flagOf(isExternal) };
};

/** A service with those nested in it. */
export const service: Shape = object(() => ({
  attributes: ["bom-ref"],
  children: {
    provider: organization,
    group: text,
    name: text,
    version: text,
    description: text,
    endpoints: list("endpoint", text),
    authenticated: flag,
    "x-trust-boundary": flag,
    trustZone: text,
    data: serviceData,
    licenses,
    externalReferences,
    properties,
    services: list("service", (element) => service(element)),
    tags: list("tag", text),
  },
}));

/** Classifications stood alone before 1.5, and are part of a dataflow since then. */
const serviceData: Shape = ({ children, namespace }) =>
  children
    .filter((child) => child.namespace === namespace)
    .flatMap((child) => {
      if (child.name === "classification") return [classification(child)];
      return child.name === "dataflow" ? [dataflow(child)] : [];
    });

const classification = object(() => ({ attributes: ["flow"], text: "classification" }));

const dataflow: Shape = (element) => {
  const inner = element.children.find((child) => child.name === "classification");
  const { name, description } = Object.fromEntries(element.attributes);
  return { name, description, ...(inner === undefined ? {} : (classification(inner) as object)) };
};

const tool = object(() => ({
  children: { vendor: text, name: text, version: text, hashes, externalReferences },
}));

/** Before 1.5 a list of tools, since then components and services. */
const tools: Shape = (element) => {
  const of = (name: string) => element.children.find((child) => child.name === name);
  const [components, services] = [of("components"), of("services")];
  if (components === undefined && services === undefined) return list("tool", tool)(element);
  return {
    components: components && list("component", component)(components),
    services: services && list("service", service)(services),
  };
};

/** What the BOM says about itself. */
export const metadata: Shape = object(() => ({
  children: {
    timestamp: text,
    lifecycles: list(
      "lifecycle",
      object(() => ({ children: { phase: text, name: text, description: text } })),
    ),
    tools,
    authors,
    component,
    manufacture: organization,
    manufacturer: organization,
    supplier: organization,
    licenses,
    properties,
  },
}));

/** The elements of CycloneDX XML, their children in the order that the schemas of all versions have in common. */
import type { Said } from "./say-shared.ts";
import { attachment } from "./xml-attachment.ts";
import { pedigree } from "./xml-pedigree.ts";
import { each, list, object, type Shape, text } from "./xml-shapes.ts";

const hashes = list("hash", object({ attributes: { alg: "alg" }, text: "content" }));
/** Names with values. */
export const properties = list("property", object({ attributes: { name: "name" }, text: "value" }));

const contact = object({
  attributes: { "bom-ref": "bom-ref" },
  children: [
    ["name", text],
    ["email", text],
    ["phone", text],
  ],
});

const organization = object({
  attributes: { "bom-ref": "bom-ref" },
  children: [
    ["name", text],
    ["url", each(text)],
    ["contact", each(contact)],
  ],
});

/** Links to elsewhere. */
export const externalReferences = list(
  "reference",
  object({
    attributes: { type: "type" },
    children: [
      ["url", text],
      ["comment", text],
      ["hashes", hashes],
      ["properties", properties],
    ],
  }),
);

const license = object({
  attributes: { "bom-ref": "bom-ref", acknowledgement: "acknowledgement" },
  children: [
    ["id", text],
    ["name", text],
    ["text", attachment],
    ["url", text],
    ["properties", properties],
  ],
});

const expression = object({
  attributes: { "bom-ref": "bom-ref", acknowledgement: "acknowledgement" },
  text: "expression",
});

const detailedExpression = object({
  attributes: { expression: "expression", "bom-ref": "bom-ref", acknowledgement: "acknowledgement" },
  children: [
    ["details", each(licenseDetails()), "expressionDetails"],
    ["properties", properties],
  ],
});

function licenseDetails(): Shape {
  return object({
    attributes: { "license-identifier": "licenseIdentifier", "bom-ref": "bom-ref" },
    children: [
      ["text", attachment],
      ["url", text],
    ],
  });
}

const licenses: Shape = (name, value) => `<${name}>${(value as readonly Said[]).map(licenseChoice).join("")}</${name}>`;

function licenseChoice(choice: Said): string {
  if (choice.license !== undefined) return license("license", choice.license);
  if (choice.expressionDetails === undefined) return expression("expression", choice);
  return detailedExpression("expression-detailed", choice);
}

const occurrence = object({
  attributes: { "bom-ref": "bom-ref" },
  children: [
    ["location", text],
    ["line", text],
    ["offset", text],
    ["symbol", text],
    ["additionalContext", text],
  ],
});

const evidence = object({
  children: [
    ["occurrences", list("occurrence", occurrence)],
    ["licenses", licenses],
    ["copyright", list("text", object({ text: "text" }))],
  ],
});

const swid = object({
  attributes: { tagId: "tagId", name: "name", version: "version", tagVersion: "tagVersion", patch: "patch" },
  children: [
    ["text", attachment],
    ["url", text],
  ],
});

/** A component with those nested in it. */
export const component: Shape = object({
  attributes: { type: "type", "mime-type": "mime-type", "bom-ref": "bom-ref", isExternal: "isExternal" },
  children: [
    ["supplier", organization],
    ["manufacturer", organization],
    ["authors", list("author", contact)],
    ["author", text],
    ["publisher", text],
    ["group", text],
    ["name", text],
    ["version", text],
    ["versionRange", text],
    ["description", text],
    ["scope", text],
    ["hashes", hashes],
    ["licenses", licenses],
    ["copyright", text],
    ["cpe", text],
    ["purl", text],
    ["omniborId", each(text)],
    ["swhid", each(text)],
    ["swid", swid],
    ["modified", text],
    ["pedigree", pedigree(list("component", (name, value) => component(name, value)))],
    ["externalReferences", externalReferences],
    ["properties", properties],
    ["components", list("component", (name, value) => component(name, value))],
    ["evidence", evidence],
    ["tags", list("tag", text)],
  ],
});

const classification = object({ attributes: { flow: "flow" }, text: "classification" });

/** What a service handles; where flows have names, they are told with them. */
const serviceData: Shape = (name, value) => {
  const flows = value as readonly Said[];
  const isNamed = flows.some((flow) => flow.name !== undefined || flow.description !== undefined);
  return isNamed ? list("dataflow", dataflow)(name, flows) : list("classification", classification)(name, flows);
};

const dataflow: Shape = (name, value) =>
  object({
    attributes: { name: "name", description: "description" },
    children: [["classification", () => classification("classification", value)]],
  })(name, value);

/** A service with those nested in it. */
export const service: Shape = object({
  attributes: { "bom-ref": "bom-ref" },
  children: [
    ["provider", organization],
    ["group", text],
    ["name", text],
    ["version", text],
    ["description", text],
    ["endpoints", list("endpoint", text)],
    ["authenticated", text],
    ["x-trust-boundary", text],
    ["trustZone", text],
    ["data", serviceData],
    ["licenses", licenses],
    ["externalReferences", externalReferences],
    ["properties", properties],
    ["services", list("service", (name, value) => service(name, value))],
    ["tags", list("tag", text)],
  ],
});

const tool = object({
  children: [
    ["vendor", text],
    ["name", text],
    ["version", text],
    ["hashes", hashes],
    ["externalReferences", externalReferences],
  ],
});

const toolParts = object({
  children: [
    ["components", list("component", component)],
    ["services", list("service", service)],
  ],
});

const tools: Shape = (name, value) => (Array.isArray(value) ? list("tool", tool) : toolParts)(name, value);

const lifecycle = object({
  children: [
    ["phase", text],
    ["name", text],
    ["description", text],
  ],
});

/** What the BOM says about itself. */
export const metadata = object({
  children: [
    ["timestamp", text],
    ["lifecycles", list("lifecycle", lifecycle)],
    ["tools", tools],
    ["authors", list("author", contact)],
    ["component", component],
    ["manufacturer", organization],
    ["manufacture", organization],
    ["supplier", organization],
    ["licenses", licenses],
    ["properties", properties],
  ],
});

const dependent = object({ attributes: { ref: "ref" } });

/** What something depends on. */
export const dependency: Shape = object({
  attributes: { ref: "ref" },
  children: [["dependency", each((name, ref) => dependent(name, { ref })), "dependsOn"]],
});

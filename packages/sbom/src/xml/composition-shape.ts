import { list, object, type Shape, text } from "./shape.ts";

const ref: Shape = ({ attributes }) => attributes.get("ref");

const composition = object(() => ({
  attributes: ["bom-ref"],
  children: {
    aggregate: text,
    assemblies: list("assembly", ref),
    dependencies: list("dependency", ref),
    vulnerabilities: list("vulnerability", ref),
  },
}));

/** How complete what the BOM says is. */
export const compositions = list("composition", composition);

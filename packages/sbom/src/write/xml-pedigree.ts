/** Where a component comes from, and how complete a BOM is, in XML. */
import { attachment } from "./xml-attachment.ts";
import { list, object, type Shape, text } from "./xml-shapes.ts";

const action = object({
  children: [
    ["timestamp", text],
    ["name", text],
    ["email", text],
  ],
});

const commit = object({
  children: [
    ["uid", text],
    ["url", text],
    ["author", action],
    ["committer", action],
    ["message", text],
  ],
});

const source = object({
  children: [
    ["name", text],
    ["url", text],
  ],
});

const issue = object({
  attributes: { type: "type" },
  children: [
    ["id", text],
    ["name", text],
    ["description", text],
    ["source", source],
    ["references", list("url", text)],
  ],
});

const diff = object({
  children: [
    ["text", attachment],
    ["url", text],
  ],
});

const patch = object({
  attributes: { type: "type" },
  children: [
    ["diff", diff],
    ["resolves", list("issue", issue)],
  ],
});

/** A pedigree; `components` writes its lists of components. */
export function pedigree(components: Shape): Shape {
  return object({
    children: [
      ["ancestors", components],
      ["descendants", components],
      ["variants", components],
      ["commits", list("commit", commit)],
      ["patches", list("patch", patch)],
      ["notes", text],
    ],
  });
}

const reference = object({ attributes: { ref: "ref" } });
const refs = (entry: string) => list(entry, (name, ref) => reference(name, { ref }));

const composition = object({
  attributes: { "bom-ref": "bom-ref" },
  children: [
    ["aggregate", text],
    ["assemblies", refs("assembly")],
    ["dependencies", refs("dependency")],
    ["vulnerabilities", refs("vulnerability")],
  ],
});

/** How complete what the BOM says is. */
export const compositions = list("composition", composition);

import { attachment } from "./attachment-shape.ts";
import { list, object, type Shape, text } from "./shape.ts";

const action = object(() => ({ children: { timestamp: text, name: text, email: text } }));

const commit = object(() => ({
  children: { uid: text, url: text, author: action, committer: action, message: text },
}));

const issue = object(() => ({
  attributes: ["type"],
  children: {
    id: text,
    name: text,
    description: text,
    source: object(() => ({ children: { name: text, url: text } })),
    references: list("url", text),
  },
}));

const patch = object(() => ({
  attributes: ["type"],
  children: {
    diff: object(() => ({ children: { text: attachment, url: text } })),
    resolves: list("issue", issue),
  },
}));

/** Where a component comes from and what was changed in it; `components` reads the lists of components. */
export function pedigreeShape(components: Shape): Shape {
  return object(() => ({
    children: {
      ancestors: components,
      descendants: components,
      variants: components,
      commits: list("commit", commit),
      patches: list("patch", patch),
      notes: text,
    },
  }));
}

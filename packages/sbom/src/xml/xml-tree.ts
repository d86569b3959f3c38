import type { XmlOpen, XmlScanner } from "./scan-xml.ts";
import { XmlFault } from "./xml-bytes.ts";

/** An element with all that is in it: one piece of a document. */
export interface XmlElement {
  name: string;
  namespace: string;
  attributes: ReadonlyMap<string, string>;
  children: XmlElement[];
  /** Its own text, without that of its children. */
  text: string;
  /** Where it begins, in bytes. */
  start: number;
}

/** Most of what one piece may hold. */
export interface XmlPieceLimits {
  pieceMaxBytes: number;
  pieceValuesMax: number;
}

/** Reads the rest of the element that has just been opened. Throws XmlFault. */
export function readElement(scanner: XmlScanner, opened: XmlOpen, limits: XmlPieceLimits): XmlElement {
  const root = elementOf(opened);
  if (opened.isEmpty) return root;
  const path = [root];
  let values = valuesOf(root);
  for (let current: XmlElement | undefined = root; current !== undefined; current = path.at(-1)) {
    const token = scanner.next();
    if (token.kind === "text") current.text += token.text;
    else if (token.kind === "open") {
      const child = elementOf(token);
      current.children.push(child);
      if (!token.isEmpty) path.push(child);
      values += valuesOf(child);
    } else path.pop();
    if (values > limits.pieceValuesMax || token.end - opened.start > limits.pieceMaxBytes)
      throw new XmlFault(opened.start, "an element too large to be read", "too-many");
  }
  return root;
}

/** What an element takes in memory, in the measure of JSON's values: itself, its list, and a table of its attributes. */
function valuesOf({ attributes }: XmlElement): number {
  return attributes.size === 0 ? 3 : 6 + 2 * attributes.size;
}

function elementOf({ name, namespace, attributes, start }: XmlOpen): XmlElement {
  return { name, namespace, attributes, children: [], text: "", start };
}

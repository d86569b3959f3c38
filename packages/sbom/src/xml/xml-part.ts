import type { SpecVersion } from "../bom.ts";
import type { BomProblem } from "../bom-error.ts";
import type { BomLimits } from "../limits.ts";
import { type XmlOpen, XmlScanner } from "./scan-xml.ts";
import { XmlFault } from "./xml-bytes.ts";
import { readElement, type XmlElement } from "./xml-tree.ts";
import { type XsdFault, xsdFaults } from "./xsd.ts";

/** A run of elements of a list, in bytes; `first` counts the elements before it. */
export interface XmlPart {
  start: number;
  end: number;
  first: number;
}

const lineFeed = 0x0a;
const messageMaxChars = 600;

/** Checks parts of a document against the schema, and names places as they are in the document. */
export class XmlPartCheck {
  private readonly text: Buffer;
  private readonly specVersion: SpecVersion;
  private readonly limits: BomLimits;
  /** How many lines stand before an offset; parts come in order. */
  private counted = { offset: 0, lines: 0 };

  constructor(text: Uint8Array, specVersion: SpecVersion, limits: BomLimits) {
    this.text = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
    this.specVersion = specVersion;
    this.limits = limits;
  }

  /** A run of elements within copies of the tags around it. */
  part(part: XmlPart, root: XmlOpen, list: XmlOpen, max: number): BomProblem[] {
    const before = Buffer.concat([this.text.subarray(root.start, root.end), this.text.subarray(list.start, list.end)]);
    const after = Buffer.from(`</${list.tag}></${root.tag}>`);
    const document = Buffer.concat([before, this.text.subarray(part.start, part.end), after]);
    const lines = this.linesBefore(part.start) - countLines(before);
    return this.problemsOf(document, max, { lines, first: part.first });
  }

  /** The document with parts cut out of it. */
  rest(cuts: readonly { start: number; end: number }[], max: number): BomProblem[] {
    const kept: Buffer[] = [];
    let from = 0;
    for (const { start, end } of cuts) {
      kept.push(this.text.subarray(from, start), Buffer.alloc(countLines(this.text.subarray(start, end)), "\n"));
      from = end;
    }
    kept.push(this.text.subarray(from));
    return this.problemsOf(Buffer.concat(kept), max, { lines: 0, first: 0 });
  }

  private problemsOf(document: Buffer, max: number, shift: { lines: number; first: number }): BomProblem[] {
    const faults = xsdFaults(document, this.specVersion, max);
    if (faults.length === 0) return [];
    const tree = this.treeOf(document);
    return faults.map((fault) => ({
      path: tree === undefined ? "/bom" : pathOf(fault, tree, shift.first),
      message: `line ${fault.line + shift.lines}: ${messageOf(fault)}`,
    }));
  }

  /** Only to give the places of faults their names. */
  private treeOf(document: Buffer): XmlElement | undefined {
    try {
      const scanner = new XmlScanner(document, this.limits.depthMax);
      const root = scanner.next();
      const limits = { ...this.limits, pieceMaxBytes: document.length };
      return root.kind === "open" ? readElement(scanner, root, limits) : undefined;
    } catch (error) {
      if (error instanceof XmlFault) return undefined;
      throw error;
    }
  }

  private linesBefore(offset: number): number {
    this.counted.lines += countLines(this.text.subarray(this.counted.offset, offset));
    this.counted.offset = offset;
    return this.counted.lines;
  }
}

/** Namespaces say nothing to people. */
function messageOf({ message }: XsdFault): string {
  return message
    .replaceAll(/\{[^{}\s]*\}/g, "")
    .trim()
    .slice(0, messageMaxChars)
    .toWellFormed();
}

/** Such as /bom/components/component[3]/name, counting from 1; `first` elements of a list stood in parts before. */
function pathOf({ xpath }: XsdFault, root: XmlElement, first: number): string {
  let element = root;
  let path = `/${root.name}`;
  for (const [depth, step] of (xpath ?? "").split("/").slice(2).entries()) {
    if (step.startsWith("@")) return `${path}/${step}`;
    const child = childAt(element, step);
    if (child === undefined) return path;
    const alike = element.children.filter(({ name }) => name === child.name);
    const position = alike.indexOf(child) + 1 + (depth === 1 ? first : 0);
    path += alike.length > 1 || position > 1 ? `/${child.name}[${position}]` : `/${child.name}`;
    element = child;
  }
  return path;
}

/** libxml2 writes `*[n]` for elements of the default namespace, and names with their number among alike ones for others. */
function childAt({ children }: XmlElement, step: string): XmlElement | undefined {
  const match = /^(?:[^:[\]]*:)?([^[\]]*)(?:\[(\d+)\])?$/.exec(step);
  if (match === null) return undefined;
  const alike = match[1] === "*" ? children : children.filter(({ name }) => name === match[1]);
  return alike[Number(match[2] ?? 1) - 1];
}

function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(lineFeed); at !== -1; at = bytes.indexOf(lineFeed, at + 1)) lines++;
  return lines;
}

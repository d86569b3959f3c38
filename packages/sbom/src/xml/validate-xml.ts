/**
 * Validation against the official XML schema, one part of the document at a time, so that libxml2's tree never holds all
 * of it: first runs of elements of the big lists, each in a copy of the tags around it, then the document with these lists
 * emptied. Line breaks are kept, so lines are those of the document. What spans parts – that no two elements have the same
 * bom-ref – is checked along the way.
 */

import type { SpecVersion } from "../bom.ts";
import { BomError, type BomProblem } from "../bom-error.ts";
import type { BomLimits } from "../limits.ts";
import { extensionEntries } from "./extension-shape.ts";
import { type XmlOpen, XmlScanner } from "./scan-xml.ts";
import { XmlFault } from "./xml-bytes.ts";
import { type XmlPart, XmlPartCheck } from "./xml-part.ts";
import { xmlPlaces } from "./xml-places.ts";
import { readRoot, withPlaces } from "./xml-root.ts";
import { readElement, type XmlElement } from "./xml-tree.ts";

const bulkLists: ReadonlySet<string> = new Set(["components", "services", "dependencies", "vulnerabilities"]);
/** Large enough that the tags around it do not matter, small enough for libxml2's tree to stay at a few megabytes. */
const partBytes = 512 * 1024;
const partElementsMax = 5_000;
/** A tree takes libxml2 up to twenty times as much memory as its text, and that memory stays with the thread. */
const pieceMaxBytes = 16 * 1024 * 1024;
/** In memory, as `xml-tree` counts it, for an element with an attribute. */
const valuesPerElement = 8;
/** These had no bom-ref, or did not ask for it to be unique. */
const withoutUniqueRefs: ReadonlySet<SpecVersion> = new Set<SpecVersion>(["1.0"]);

/** Throws BomError where a document that has been decoded is not XML, or does not follow its specification. */
export function validateXml(text: Uint8Array, limits: BomLimits): SpecVersion {
  return withPlaces(text, () => new Validation(text, limits).run());
}

interface Cut {
  start: number;
  end: number;
}

interface Fault {
  element: XmlElement;
  message: string;
}

class Validation {
  private readonly text: Uint8Array;
  private readonly limits: BomLimits;
  private readonly scanner: XmlScanner;
  private readonly problems: BomProblem[] = [];
  private readonly extensionFaults: Fault[] = [];
  private readonly refFaults: Fault[] = [];
  private readonly refs = new Set<string>();
  private readonly cuts: Cut[] = [];
  private elementsOutside = 0;
  private readonly root: XmlOpen;
  private readonly specVersion: SpecVersion;
  private readonly check: XmlPartCheck;

  constructor(text: Uint8Array, limits: BomLimits) {
    this.text = text;
    this.limits = { ...limits, pieceMaxBytes: Math.min(limits.pieceMaxBytes, pieceMaxBytes) };
    this.scanner = new XmlScanner(text, limits.depthMax);
    const { root, specVersion } = readRoot(this.scanner);
    this.root = root;
    this.specVersion = specVersion;
    this.check = new XmlPartCheck(text, specVersion, this.limits);
  }

  run(): SpecVersion {
    for (let token = this.scanner.next(); token.kind !== "end"; token = this.scanner.next()) {
      if (token.kind !== "open") continue;
      const isBulk = token.namespace === this.root.namespace && bulkLists.has(token.name);
      if (isBulk && !token.isEmpty) this.checkList(token);
      else this.checkMember(token);
    }
    this.checkRest();
    this.finish();
    return this.specVersion;
  }

  private checkMember(opened: XmlOpen): void {
    const before = this.scanner.elements;
    this.look(readElement(this.scanner, opened, this.limits));
    this.elementsOutside += this.scanner.elements - before + 1;
    if (this.elementsOutside > this.limits.pieceValuesMax / valuesPerElement)
      throw new XmlFault(opened.start, "too much outside of its lists of components", "too-many");
  }

  /** Runs of elements; what stands between them belongs to the run behind it. */
  private checkList(list: XmlOpen): void {
    let part: XmlPart = { start: list.end, end: list.end, first: 0 };
    let elements = 0;
    for (let token = this.scanner.next(); ; token = this.scanner.next()) {
      if (token.kind === "open") {
        if (elements >= this.limits.elementsMax)
          throw new XmlFault(token.start, `more than ${this.limits.elementsMax} elements in one list`, "too-many");
        this.look(readElement(this.scanner, token, this.limits));
        elements++;
      }
      if (token.kind === "close") part.end = token.start;
      else if (token.kind === "open") part.end = this.scanner.offset;
      const isFull = part.end - part.start >= partBytes || elements - part.first >= partElementsMax;
      if (token.kind !== "close" && !isFull) continue;
      this.checkPart(part, list);
      if (token.kind === "close") break;
      part = { start: part.end, end: part.end, first: elements };
    }
    this.cuts.push({ start: list.end, end: part.end });
  }

  private checkPart(part: XmlPart, list: XmlOpen): void {
    const wanted = this.limits.problemsMax - this.problems.length;
    if (wanted > 0) this.problems.push(...this.check.part(part, this.root, list, wanted));
  }

  private checkRest(): void {
    const wanted = this.limits.problemsMax - this.problems.length;
    if (wanted <= 0) return;
    const size = this.cuts.reduce((bytes, { start, end }) => bytes - (end - start), this.text.length);
    if (size > this.limits.pieceMaxBytes)
      throw new BomError("too-large", `The document has too much outside of its lists of components: ${size} bytes`);
    this.problems.push(...this.check.rest(this.cuts, wanted));
  }

  /** What the schema of the whole would see, or cannot say. */
  private look(root: XmlElement): void {
    for (const { element, message } of extensionEntries(root).faults) this.note(this.extensionFaults, element, message);
    if (withoutUniqueRefs.has(this.specVersion)) return;
    const open = [root];
    for (let element = open.pop(); element !== undefined; element = open.pop()) {
      const ref = element.attributes.get("bom-ref");
      const size = this.refs.size;
      if (ref !== undefined && this.refs.add(ref).size === size)
        this.note(this.refFaults, element, `bom-ref ${JSON.stringify(ref)} already stands for another element`);
      for (const child of element.children) open.push(child);
    }
  }

  private note(faults: Fault[], element: XmlElement, message: string): void {
    if (faults.length < this.limits.problemsMax) faults.push({ element, message });
  }

  private finish(): void {
    const others = [...this.extensionFaults, ...this.refFaults];
    const places = xmlPlaces(this.text, new Set(others.map(({ element }) => element.start)), this.limits.depthMax);
    const problems = others.map(({ element, message }) => {
      const { path, line } = places.get(element.start) ?? { path: "/bom", line: 0 };
      return { path, message: `line ${line}: ${message}` };
    });
    this.refuse([...this.problems, ...problems].slice(0, this.limits.problemsMax));
  }

  private refuse(problems: BomProblem[]): void {
    const [first] = problems;
    if (first === undefined) return;
    const others = problems.length > 1 ? ` (${problems.length - 1} more)` : "";
    const isInvalid = this.problems.length + this.extensionFaults.length > 0;
    const code = isInvalid ? "schema" : "duplicate-bom-ref";
    const message = `Not valid CycloneDX ${this.specVersion}: ${first.path}: ${first.message}${others}`;
    throw new BomError(code, message, { problems });
  }
}

/**
 * Strict XML 1.0 with namespaces over UTF-8 bytes, one token at a time, without a tree: a document of any size is read
 * in the memory of its largest piece. There is no DTD, hence no entity but the five predefined ones: nothing can be
 * loaded from elsewhere, and nothing grows.
 */

import { NameTable } from "./name-table.ts";
import { byte, endsName, skipBlanks, XmlFault } from "./xml-bytes.ts";
import { readReferences } from "./xml-text.ts";

/** An element begins; `isEmpty` if it ends as well. Offsets are in bytes: [start, end). */
export interface XmlOpen {
  kind: "open";
  /** As written, with its prefix. */
  tag: string;
  name: string;
  namespace: string;
  /** Those without prefix; all others, and declarations of namespaces, say nothing about a BOM. */
  attributes: ReadonlyMap<string, string>;
  isEmpty: boolean;
  start: number;
  end: number;
}

/** What stands in the document, in order. */
export type XmlToken =
  | XmlOpen
  | { kind: "close"; start: number; end: number }
  | { kind: "text"; text: string; start: number; end: number }
  | { kind: "end"; start: number; end: number };

/** Elements of real BOMs have less than ten. */
const attributesMax = 1_000;
/** Every element that declares one copies those around it. */
const namespacesMax = 64;
const noAttributes: ReadonlyMap<string, string> = new Map();
const xmlNamespace = "http://www.w3.org/XML/1998/namespace";

/** Reads tokens one after the other; comments and processing instructions are skipped. Throws XmlFault. */
export class XmlScanner {
  private readonly bytes: Buffer;
  private readonly depthMax: number;
  private readonly open: { tag: string; declares: boolean }[] = [];
  private readonly scopes: ReadonlyMap<string, string>[] = [new Map([["xml", xmlNamespace]])];
  private at: number;
  private hasRoot = false;
  private begun = 0;
  private readonly names = new NameTable();

  constructor(bytes: Uint8Array, depthMax: number) {
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.depthMax = depthMax;
    this.at = this.skipDeclaration();
  }

  /** How many elements have begun. */
  get elements(): number {
    return this.begun;
  }

  /** Behind the token that was read last. */
  get offset(): number {
    return this.at;
  }

  /** The next token; of kind "end" once and for all behind the last one. */
  next(): XmlToken {
    for (;;) {
      const start = this.at;
      if (start >= this.bytes.length) return this.atEnd();
      if (this.bytes[start] !== byte.less) {
        const token = this.readText();
        if (token !== undefined) return token;
      } else if (this.bytes[start + 1] === byte.slash) return this.readClose();
      else if (this.bytes[start + 1] === byte.question) this.skipInstruction();
      else if (this.bytes[start + 1] !== byte.bang) return this.readOpen();
      else if (this.startsWith(start, "<!--")) this.skipComment();
      else if (this.startsWith(start, "<![CDATA[")) return this.readCData();
      else throw new XmlFault(start, this.hasRoot ? "unknown markup" : "a DTD is not allowed in a BOM");
    }
  }

  private atEnd(): XmlToken {
    const end = this.bytes.length;
    const last = this.open.at(-1);
    if (last !== undefined) throw new XmlFault(end, `the document ends inside of <${last.tag}>`);
    if (!this.hasRoot) throw new XmlFault(end, "the document has no element");
    return { kind: "end", start: end, end };
  }

  /** Blanks between elements are text as well; outside of the root there may be nothing else. */
  private readText(): XmlToken | undefined {
    const start = this.at;
    const less = this.bytes.indexOf(byte.less, start);
    const end = less === -1 ? this.bytes.length : less;
    this.at = end;
    if (this.open.length > 0) {
      if (this.isIndent(start, end)) return { kind: "text", text: "", start, end };
      const text = this.slice(start, end);
      const cdataEnd = text.indexOf("]]>");
      if (cdataEnd !== -1) throw new XmlFault(start, "]]> outside of a CDATA section");
      return { kind: "text", text: this.resolve(text, start), start, end };
    }
    const odd = skipBlanks(this.bytes, start);
    if (odd < end) throw new XmlFault(odd, "text outside of the root element");
    return undefined;
  }

  /** Blanks between two tags, most of what stands between them: not worth a text of their own. */
  private isIndent(start: number, end: number): boolean {
    const before = this.bytes[start - 2];
    const after = this.bytes[end + 1];
    const isAfterTag = before !== byte.minus && before !== byte.bracketClose && before !== byte.question;
    const isBeforeTag = after !== byte.bang && after !== byte.question;
    return isAfterTag && isBeforeTag && skipBlanks(this.bytes, start) === end;
  }

  private readCData(): XmlToken {
    const start = this.at;
    if (this.open.length === 0) throw new XmlFault(start, "a CDATA section outside of the root element");
    const close = this.find("]]>", start + 9, "a CDATA section is not closed");
    this.at = close + 3;
    const text = this.slice(start + 9, close)
      .replaceAll("\r\n", "\n")
      .replaceAll("\r", "\n");
    return { kind: "text", text, start, end: this.at };
  }

  private readClose(): XmlToken {
    const start = this.at;
    const { name: tag, end: nameEnd } = this.readName(start + 2);
    const end = skipBlanks(this.bytes, nameEnd);
    const last = this.open.pop();
    if (last === undefined || last.tag !== tag || this.bytes[end] !== byte.greater)
      throw new XmlFault(
        start,
        last === undefined ? "an end without a beginning" : `<${last.tag}> must be closed first`,
      );
    if (last.declares) this.scopes.pop();
    this.at = end + 1;
    return { kind: "close", start, end: end + 1 };
  }

  private readOpen(): XmlToken {
    const start = this.at;
    if (this.open.length === 0 && this.hasRoot) throw new XmlFault(start, "a second root element");
    if (this.open.length >= this.depthMax)
      throw new XmlFault(start, `nested more than ${this.depthMax} levels deep`, "too-deep");
    const { name: tag, end: nameEnd } = this.readName(start + 1);
    const written = this.readAttributes(nameEnd);
    const isEmpty = this.bytes[this.at] === byte.slash;
    if (isEmpty) this.at++;
    if (this.bytes[this.at] !== byte.greater) throw new XmlFault(this.at, `the tag of <${tag}> is not closed`);
    this.at++;
    const declares = this.enterScope(written);
    const { name, namespace, attributes } = this.resolveNames(tag, written, start);
    this.hasRoot = true;
    this.begun++;
    if (!isEmpty) this.open.push({ tag, declares });
    else if (declares) this.scopes.pop();
    return { kind: "open", tag, name, namespace, attributes, isEmpty, start, end: this.at };
  }

  private readAttributes(from: number): ReadonlyMap<string, string> {
    let attributes: Map<string, string> | undefined;
    let at = from;
    for (;;) {
      const start = skipBlanks(this.bytes, at);
      const first = this.bytes[start];
      this.at = start;
      if (first === byte.greater || first === byte.slash) return attributes ?? noAttributes;
      if (start === at) throw new XmlFault(start, "a blank is missing, or the tag is not closed");
      const { name, end: nameEnd } = this.readName(start);
      const equals = skipBlanks(this.bytes, nameEnd);
      if (this.bytes[equals] !== byte.equals) throw new XmlFault(equals, `the attribute ${name} has no value`);
      const value = this.readAttributeValue(skipBlanks(this.bytes, equals + 1));
      attributes ??= new Map();
      if (attributes.has(name)) throw new XmlFault(start, `the attribute ${name} is repeated`);
      if (attributes.size >= attributesMax)
        throw new XmlFault(start, `more than ${attributesMax} attributes`, "too-many");
      attributes.set(name, value);
      at = this.at;
    }
  }

  private readAttributeValue(start: number): string {
    const quote = this.bytes[start];
    if (quote !== byte.quote && quote !== byte.apostrophe) throw new XmlFault(start, "a value in quotes is expected");
    const end = this.bytes.indexOf(quote, start + 1);
    if (end === -1) throw new XmlFault(this.bytes.length, "the document ends inside of a value");
    const text = this.slice(start + 1, end);
    const less = text.indexOf("<");
    if (less !== -1) throw new XmlFault(start, "a < inside of a value");
    this.at = end + 1;
    const line = /[\t\n\r]/.test(text) ? text.replace(/\r\n|[\t\n\r]/g, " ") : text;
    return this.resolve(line, start + 1);
  }

  /** True if the element declares namespaces, which then hold until its end. */
  private enterScope(attributes: ReadonlyMap<string, string>): boolean {
    let scope: Map<string, string> | undefined;
    for (const [name, value] of attributes) {
      if (name !== "xmlns" && !name.startsWith("xmlns:")) continue;
      if (
        name === "xmlns:xmlns" ||
        (name === "xmlns:xml") !== (value === xmlNamespace) ||
        (value === "" && name !== "xmlns")
      )
        throw new XmlFault(this.at, `${name} cannot be declared as ${JSON.stringify(value)}`);
      scope ??= new Map(this.scopes.at(-1));
      scope.set(name === "xmlns" ? "" : name.slice(6), value);
      if (scope.size > namespacesMax) throw new XmlFault(this.at, `more than ${namespacesMax} namespaces`, "too-many");
    }
    if (scope !== undefined) this.scopes.push(scope);
    return scope !== undefined;
  }

  private resolveNames(tag: string, written: ReadonlyMap<string, string>, start: number) {
    const [prefix, name] = splitName(tag);
    const attributes = written.size === 0 ? noAttributes : new Map<string, string>();
    for (const [attribute, value] of written) {
      const [attributePrefix] = splitName(attribute);
      if (attribute === "xmlns" || attributePrefix === "xmlns") continue;
      if (attributePrefix === "") (attributes as Map<string, string>).set(attribute, value);
      else this.namespaceOf(attributePrefix, start);
    }
    return { name, namespace: this.namespaceOf(prefix, start), attributes };
  }

  private namespaceOf(prefix: string, start: number): string {
    const namespace = this.scopes.at(-1)?.get(prefix);
    if (namespace !== undefined && (namespace !== "" || prefix === "")) return namespace;
    if (prefix === "") return "";
    throw new XmlFault(start, `the prefix ${prefix} is not declared`);
  }

  private skipDeclaration(): number {
    if (!this.startsWith(0, "<?xml") || (this.bytes[5] ?? 0) > byte.space) return 0;
    const end = this.find("?>", 5, "the XML declaration is not closed") + 2;
    const text = this.slice(0, end);
    const isWellFormed =
      /^<\?xml\s+version\s*=\s*("1\.\d+"|'1\.\d+')(\s+encoding\s*=\s*("[A-Za-z][\w.-]*"|'[A-Za-z][\w.-]*'))?(\s+standalone\s*=\s*("(yes|no)"|'(yes|no)'))?\s*\?>$/;
    if (!isWellFormed.test(text)) throw new XmlFault(0, "the XML declaration is not valid");
    return end;
  }

  private skipInstruction(): void {
    const start = this.at;
    const { name, end: nameEnd } = this.readName(start + 2);
    if (/^xml$/i.test(name)) throw new XmlFault(start, "a second XML declaration");
    const end = this.find("?>", nameEnd, "a processing instruction is not closed");
    if (end > nameEnd && skipBlanks(this.bytes, nameEnd) === nameEnd)
      throw new XmlFault(nameEnd, "a blank is missing in a processing instruction");
    this.at = end + 2;
  }

  private skipComment(): void {
    const start = this.at;
    const dashes = this.find("--", start + 4, "a comment is not closed");
    if (this.bytes[dashes + 2] !== byte.greater) throw new XmlFault(dashes, "-- inside of a comment");
    this.at = dashes + 3;
  }

  private readName(start: number): { name: string; end: number } {
    let end = start;
    while (!endsName(this.bytes[end])) end++;
    const name = this.names.read(this.bytes, start, end);
    if (name === undefined) throw new XmlFault(start, "a name is expected");
    return { name, end };
  }

  private resolve(text: string, start: number): string {
    const resolved = readReferences(text);
    if (typeof resolved === "string") return resolved;
    const offset = start + Buffer.byteLength(text.slice(0, resolved.at));
    throw new XmlFault(offset, resolved.message);
  }

  private find(text: string, from: number, otherwise: string): number {
    const at = this.bytes.indexOf(text, from, "latin1");
    if (at === -1) throw new XmlFault(this.bytes.length, otherwise);
    return at;
  }

  private startsWith(at: number, text: string): boolean {
    return this.bytes.subarray(at, at + text.length).equals(Buffer.from(text, "latin1"));
  }

  private slice(start: number, end: number): string {
    return this.bytes.toString("utf8", start, end);
  }
}

function splitName(tag: string): [prefix: string, name: string] {
  const colon = tag.indexOf(":");
  return colon === -1 ? ["", tag] : [tag.slice(0, colon), tag.slice(colon + 1)];
}

/** Writes words that fit a version in XML, and tells what XML, or this writer, does not say: by reading it again. */
import { openTranscript, parseRest } from "../cyclonedx/open-json.ts";
import { type JsonOutline, parseElement } from "../json/outline.ts";
import type { BomLimits } from "../limits.ts";
import type { Dialect } from "../write/dialect.ts";
import { escapeXml } from "../write/xml-characters.ts";
import { component, dependency, externalReferences, metadata, properties, service } from "../write/xml-elements.ts";
import { compositions } from "../write/xml-pedigree.ts";
import type { Shape } from "../write/xml-shapes.ts";
import { vulnerability } from "../write/xml-vulnerability.ts";
import { transcribeXml } from "../xml/open-xml.ts";
import { type Loss, type LossBook, missingIn } from "./losses.ts";
import { XmlWords } from "./xml-words.ts";

/** The members of a document in the order of the schemas: those that are lists with one element per entry, and whole ones. */
const members: readonly (readonly [string, Shape, string?])[] = [
  ["metadata", metadata],
  ["components", component, "component"],
  ["services", service, "service"],
  ["externalReferences", externalReferences],
  ["dependencies", dependency, "dependency"],
  ["compositions", compositions],
  ["properties", properties],
  ["vulnerabilities", vulnerability, "vulnerability"],
];
/** These two are what the root of XML says. */
const jsonOnly: ReadonlySet<string> = new Set(["$schema", "bomFormat"]);

/** The document in XML, what does not fit left out; the outline is that of the same document in JSON. */
export function writeXmlDocument(
  outline: JsonOutline,
  { specVersion }: Dialect,
  book: LossBook,
  limits: BomLimits,
): Uint8Array {
  const writing = new XmlWriting(outline, book, limits);
  const chunks = [...writing.chunks(specVersion)].map((chunk) => Buffer.from(chunk));
  const bytes = Buffer.concat(chunks);
  writing.compareWith(openTranscript(transcribeXml(bytes, limits), limits).outline);
  return bytes;
}

class XmlWriting {
  private readonly outline: JsonOutline;
  private readonly book: LossBook;
  private readonly rest: Record<string, unknown>;
  private readonly limits: BomLimits;
  private readonly words = new XmlWords();

  constructor(outline: JsonOutline, book: LossBook, limits: BomLimits) {
    this.outline = outline;
    this.book = book;
    this.limits = limits;
    this.rest = parseRest(outline, listNames, limits);
  }

  *chunks(specVersion: string): Generator<string> {
    const { serialNumber, version } = this.rest;
    const serial = serialNumber === undefined ? "" : ` serialNumber="${escapeXml(String(serialNumber))}"`;
    const namespace = `http://cyclonedx.org/schema/bom/${specVersion}`;
    yield `<?xml version="1.0" encoding="UTF-8"?>\n<bom xmlns="${namespace}"${serial} version="${Number(version)}">\n`;
    for (const [name, shape, entry] of members) {
      if (entry !== undefined) yield* this.list(name, shape, entry);
      else if (this.rest[name] !== undefined) yield `${shape(name, this.words.fit(this.rest[name], name))}\n`;
    }
    yield "</bom>\n";
  }

  /** Notes what the document read again does not say; places that were told already are not told twice. */
  compareWith(again: JsonOutline): void {
    const rest = parseRest(again, listNames, this.limits);
    const lost: Loss[] = Object.entries(this.rest)
      .filter(([name]) => !jsonOnly.has(name) && !listNames.includes(name))
      .flatMap(([name, value]) => missingIn(value, rest[name], `/${name}`));
    this.book.add(lost);
    for (const name of listNames) this.compareList(again, name);
  }

  private compareList(again: JsonOutline, name: string): void {
    const before = this.outline.members.get(name)?.elements ?? [];
    const after = again.members.get(name)?.elements ?? [];
    for (let index = 0; index < before.length / 2; index++) {
      const said = index < after.length / 2 ? parseElement(again.bytes, after, index) : undefined;
      this.book.add(missingIn(parseElement(this.outline.bytes, before, index), said, `/${name}/${index}`));
    }
  }

  private *list(name: string, shape: Shape, entry: string): Generator<string> {
    const elements = this.outline.members.get(name)?.elements ?? [];
    if (elements.length === 0) return;
    yield `<${name}>\n`;
    for (let index = 0; index < elements.length / 2; index++) {
      const value = parseElement(this.outline.bytes, elements, index);
      yield `${shape(entry, this.words.fit(value))}\n`;
    }
    yield `</${name}>\n`;
  }
}

const listNames = members.flatMap(([name, , entry]) => (entry === undefined ? [] : [name]));

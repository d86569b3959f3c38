/**
 * A document in another version or notation, offline: bytes → the words of CycloneDX JSON → older words → what the schema
 * of the target takes (`schema-fit`) → JSON or XML → validation. One element of the big lists at a time, and nothing of
 * the model in between, so whatever the target can say is said. What it cannot is told with its places.
 */
import { BomError } from "../bom-error.ts";
import { openJson, parseRest } from "../cyclonedx/open-json.ts";
import { compiledSchemas, schemaFileOf } from "../cyclonedx/schemas.ts";
import { type JsonOutline, parseElement } from "../json/outline.ts";
import { JsonTranscript } from "../json-transcript.ts";
import { type BomLimits, bomLimits } from "../limits.ts";
import { type BomFormat, loadSchemasFor, openDocument } from "../open-document.ts";
import { validateBom } from "../read-bom.ts";
import type { Dialect } from "../write/dialect.ts";
import { fitSerialNumber } from "../write/fit.ts";
import { type ConversionLoss, LossBook } from "./losses.ts";
import { inOlderWords } from "./older-words.ts";
import { type Fitted, SchemaFit, type SchemaPart } from "./schema-fit.ts";
import { unreadElements } from "./unread-xml.ts";
import { writeXmlDocument } from "./xml-document.ts";

/** A document in other words. */
export interface Conversion {
  /** What the document was. */
  from: BomFormat;
  bytes: Uint8Array;
  losses: ConversionLoss[];
}

/** Converts a document; the result is valid. Rejects with BomError and nothing else. */
export async function convertBom(bytes: Uint8Array, target: Dialect, limits?: Partial<BomLimits>): Promise<Conversion> {
  const bounds = bomLimits(limits);
  const source = openDocument(bytes, bounds);
  const book = new LossBook();
  const json = new Rewording(target, book).reword(source.open().outline, bounds);
  if (source.format.format === "xml") book.add(unreadElements(bytes, bounds));
  const result =
    target.format === "json" ? json : writeXmlDocument(openJson(json, bounds).outline, target, book, bounds);
  await checkResult(result, bounds);
  return { from: source.format, bytes: result, losses: book.list() };
}

/** A way to lose nothing silently: where the schemas ask for more than is known here, nothing is written at all. */
async function checkResult(bytes: Uint8Array, limits: BomLimits): Promise<void> {
  await loadSchemasFor(bytes);
  try {
    validateBom(bytes, limits);
  } catch (error) {
    if (!(error instanceof BomError)) throw error;
    throw new BomError(error.code, `What came of the conversion is not valid: ${error.summary}`, {
      problems: error.problems,
    });
  }
}

class Rewording {
  private readonly target: Dialect;
  private readonly book: LossBook;
  private readonly fitting: SchemaFit;
  private readonly root: SchemaPart;

  constructor(target: Dialect, book: LossBook) {
    this.target = target;
    this.book = book;
    this.fitting = new SchemaFit(target);
    this.root = this.fitting.resolve("#", schemaFileOf(target.specVersion));
  }

  reword(outline: JsonOutline, limits: BomLimits): Uint8Array {
    const { elements } = this.schemas();
    const transcript = new JsonTranscript(outline.bytes.length);
    const lists = [...elements.keys()].filter((name) => outline.members.get(name)?.elements !== undefined);
    const rest = this.head(parseRest(outline, lists, limits));
    for (const [name, value] of Object.entries(rest)) if (!lists.includes(name)) transcript.set(name, value);
    for (const name of lists) this.rewordList(outline, name, transcript);
    return transcript.finish();
  }

  private head(raw: Record<string, unknown>): Record<string, unknown> {
    const { specVersion } = this.target;
    const serialNumber =
      typeof raw.serialNumber === "string" ? fitSerialNumber(bareSerialNumber(raw.serialNumber)) : undefined;
    const said = {
      ...raw,
      $schema: `http://cyclonedx.org/schema/bom-${specVersion}.schema.json`,
      bomFormat: "CycloneDX",
      specVersion,
      version: raw.version ?? 1,
      ...(serialNumber !== undefined && { serialNumber }),
    };
    const document = this.schemas().document;
    const words = inOlderWords(this.target, said, "") as Record<string, unknown>;
    if (document(words)) return words;
    const fitted = this.fitting.fit(this.root, words, "");
    this.book.add(fitted.lost);
    return fitted.value as Record<string, unknown>;
  }

  private rewordList(outline: JsonOutline, name: string, transcript: JsonTranscript): void {
    const elements = outline.members.get(name)?.elements ?? [];
    transcript.openList(name);
    const known = this.schemas().elements.get(name);
    const seen = new Set<string>();
    for (let index = 0; index < elements.length / 2; index++) {
      const raw = parseElement(outline.bytes, elements, index);
      const words = inOlderWords(this.target, raw, name === "components" ? "component" : "");
      const path = `/${name}/${index}`;
      const { value, lost } =
        known?.validate(words) === true ? { value: words, lost: [] } : this.fitEntry(name, words, path);
      this.book.add(lost);
      if (value === undefined || (known?.unique === true && isRepeated(seen, value)))
        this.book.add([{ path, kind: "absent", weight: 1 }]);
      else transcript.add(name, value);
    }
  }

  private fitEntry(name: string, words: unknown, path: string): Fitted {
    const { properties } = this.root.node as { properties: Record<string, { items: unknown }> };
    return this.fitting.fit({ file: this.root.file, node: properties[name]?.items }, words, path);
  }

  private schemas() {
    return compiledSchemas({ specVersion: this.target.specVersion, formats: true }, "first");
  }
}

function isRepeated(seen: Set<string>, value: unknown): boolean {
  const key = JSON.stringify(value);
  if (seen.has(key)) return true;
  seen.add(key);
  return false;
}

function bareSerialNumber(text: string): string {
  return text.replace(/^urn:uuid:/i, "");
}

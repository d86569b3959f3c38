/**
 * The official XML schemas, through libxml2 in WebAssembly. Its pointers stay in this file, and whatever is made here is
 * freed here, but for one compiled schema per version. Problems beyond the wanted number are not even looked at: naming
 * the place of one takes time that grows with the size of the document.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { ParseOption, XmlBufferInputProvider, xmlRegisterInputProvider } from "libxml2-wasm";
import {
  addFunction,
  XmlErrorStruct,
  xmlCtxtSetErrorHandler,
  xmlFreeDoc,
  xmlFreeParserCtxt,
  xmlGetNodePath,
  xmlNewParserCtxt,
  xmlReadMemory,
  xmlSchemaFreeParserCtxt,
  xmlSchemaFreeValidCtxt,
  xmlSchemaNewDocParserCtxt,
  xmlSchemaNewValidCtxt,
  xmlSchemaParse,
  xmlSchemaSetParserStructuredErrors,
  xmlSchemaSetValidStructuredErrors,
  xmlSchemaValidateDoc,
} from "libxml2-wasm/lib/libxml2.mjs";
import type { SpecVersion } from "../bom.ts";

declare module "libxml2-wasm/lib/libxml2.mjs" {
  /** Exported, but not declared. */
  export function addFunction(callback: (context: number, error: number) => void, signature: "vii"): number;
}

/** One thing that libxml2 has to say; `xpath` is its own way to name the place. */
export interface XsdFault {
  message: string;
  line: number;
  xpath: string | undefined;
}

const require = createRequire(import.meta.url);
const schemaFolder = join(dirname(require.resolve("@cyclonedx/cyclonedx-library/package.json")), "res", "schema");
/** Names for libxml2 only; nothing is read from there. */
const virtualFolder = "/schemas";
const spdxFile = "spdx.SNAPSHOT.xsd";
const parseOptions =
  ParseOption.XML_PARSE_NONET |
  ParseOption.XML_PARSE_NO_XXE |
  ParseOption.XML_PARSE_BIG_LINES |
  ParseOption.XML_PARSE_COMPACT |
  ParseOption.XML_PARSE_IGNORE_ENC |
  ParseOption.XML_PARSE_HUGE;
const compiled = new Map<SpecVersion, number>();

/** That bom-refs are unique is checked across all parts of the document, by whoever takes it apart. */
const uniqueness = "in unique identity-constraint";

/** What libxml2 reports to at the moment; it never runs twice at once. */
let faults: XsdFault[] = [];
let faultsMax = 0;
let duplicates = 0;
const onFault = addFunction((_context, error) => {
  if (faults.length >= faultsMax) return;
  const message = XmlErrorStruct.message(error);
  if (message.includes(uniqueness)) {
    duplicates++;
    return;
  }
  const xpath = xmlGetNodePath(XmlErrorStruct.node(error)) ?? undefined;
  faults.push({ message, line: XmlErrorStruct.line(error), xpath });
}, "vii");

/** What a document breaks of the schema, up to a number of faults; also where it is not well-formed. */
export function xsdFaults(document: Uint8Array, specVersion: SpecVersion, max: number): XsdFault[] {
  const schema = schemaOf(specVersion);
  expectFaults(max);
  const doc = parse(document, `${virtualFolder}/document.xml`);
  if (doc === 0) return takeFaults("the document is not well-formed");
  const context = xmlSchemaNewValidCtxt(schema);
  try {
    xmlSchemaSetValidStructuredErrors(context, onFault, 0);
    const isValid = xmlSchemaValidateDoc(context, doc) === 0 || (duplicates > 0 && faults.length === 0);
    return isValid ? [] : takeFaults("the document is not valid");
  } finally {
    xmlSchemaFreeValidCtxt(context);
    xmlFreeDoc(doc);
  }
}

function expectFaults(max: number): void {
  faults = [];
  faultsMax = max;
  duplicates = 0;
}

function takeFaults(otherwise: string): XsdFault[] {
  const taken = faults;
  faults = [];
  return taken.length > 0 ? taken : [{ message: otherwise, line: 0, xpath: undefined }];
}

/** The first call per version costs about half a second. */
function schemaOf(specVersion: SpecVersion): number {
  const known = compiled.get(specVersion);
  if (known !== undefined) return known;
  if (compiled.size === 0) {
    xmlRegisterInputProvider(new XmlBufferInputProvider({ [`${virtualFolder}/${spdxFile}`]: readSchema(spdxFile) }));
  }
  expectFaults(1);
  const file = `bom-${specVersion}.SNAPSHOT.xsd`;
  const doc = parse(readSchema(file), `${virtualFolder}/${file}`);
  const context = xmlSchemaNewDocParserCtxt(doc);
  xmlSchemaSetParserStructuredErrors(context, onFault, 0);
  const schema = xmlSchemaParse(context);
  xmlSchemaFreeParserCtxt(context);
  xmlFreeDoc(doc);
  if (schema === 0)
    throw new Error(`the XML schema of CycloneDX ${specVersion}: ${takeFaults("unusable")[0]?.message}`);
  compiled.set(specVersion, schema);
  return schema;
}

/** A document, to be freed, or 0. */
function parse(bytes: Uint8Array, url: string): number {
  const context = xmlNewParserCtxt();
  try {
    xmlCtxtSetErrorHandler(context, onFault, 0);
    return xmlReadMemory(context, bytes, url, "utf-8", parseOptions);
  } finally {
    xmlFreeParserCtxt(context);
  }
}

function readSchema(file: string): Uint8Array {
  return readFileSync(join(schemaFolder, file));
}

/** One way into documents of every format: what they are, whether they are valid, and what they say. */
import type { SpecVersion } from "./bom.ts";
import { BomError } from "./bom-error.ts";
import { type OpenedJson, openJson, openTranscript } from "./cyclonedx/open-json.ts";
import { validateOutline } from "./cyclonedx/validate.ts";
import type { BomLimits } from "./limits.ts";
import { looksLikeProtobuf, protobufVersion } from "./protobuf/detect-protobuf.ts";
import { transcribeProtobuf } from "./protobuf/open-protobuf.ts";
import { decodeXml } from "./xml/decode-xml.ts";
import { transcribeXml, xmlVersion } from "./xml/open-xml.ts";

/**
 * XML needs up to twice its size in memory, for what it says is written down again in JSON; JSON needs its size only. A
 * BOM of 300,000 components comes to 190 MB in XML, and 120 MB in JSON.
 */
const xmlSizeMaxBytes = 200 * 1024 * 1024;

/** Absent until a document needs it; see `loadSchemasFor`. */
let xmlSchemas: typeof import("./xml/validate-xml.ts") | undefined;

/** The format a document is in. */
export interface BomFormat {
  format: "json" | "xml" | "protobuf";
  specVersion: SpecVersion;
}

/** A document whose format is known. Every method throws BomError and nothing else. */
export interface OpenDocument {
  format: BomFormat;
  /** Throws where it does not follow its specification. */
  validate(): void;
  /** The document in JSON, or in the words of JSON. */
  open(): OpenedJson;
}

/**
 * Loads what validating this document takes, once. Only XML needs anything: libxml2 in WebAssembly, which costs memory and time
 * wherever it is loaded, and most programs and threads never see XML. To be awaited before documents are validated.
 */
export async function loadSchemasFor(bytes: Uint8Array): Promise<void> {
  if (looksLikeXml(bytes)) xmlSchemas ??= await import("./xml/validate-xml.ts");
}

/** Tells the format of a document by its content. Throws BomError. */
export function openDocument(bytes: Uint8Array, limits: BomLimits): OpenDocument {
  if (bytes.byteLength > limits.sizeMaxBytes)
    throw new BomError("too-large", `The document has ${bytes.byteLength} bytes, more than ${limits.sizeMaxBytes}`);
  if (looksLikeProtobuf(bytes)) return openProtobuf(bytes, limits);
  return looksLikeXml(bytes) ? openXml(bytes, limits) : openedJson(bytes, limits);
}

function openedJson(bytes: Uint8Array, limits: BomLimits): OpenDocument {
  const opened = openJson(bytes, limits);
  const { outline, specVersion } = opened;
  return {
    format: { format: "json", specVersion },
    validate: () => validateOutline(outline, { specVersion, formats: true }, limits),
    open: () => opened,
  };
}

function openXml(bytes: Uint8Array, limits: BomLimits): OpenDocument {
  if (bytes.byteLength > xmlSizeMaxBytes)
    throw new BomError(
      "too-large",
      `The document has ${bytes.byteLength} bytes, more than the ${xmlSizeMaxBytes} of XML`,
    );
  const text = decodeXml(bytes);
  const specVersion = xmlVersion(text, limits);
  return {
    format: { format: "xml", specVersion },
    validate() {
      if (xmlSchemas === undefined) throw new TypeError("loadSchemasFor has to be awaited before XML is validated");
      xmlSchemas.validateXml(text, limits);
    },
    open: () => openTranscript(transcribeXml(text, limits), limits),
  };
}

/** Protobuf's own schema says next to nothing, so the words must follow the schema of JSON, but for the formats of texts. */
function openProtobuf(bytes: Uint8Array, limits: BomLimits): OpenDocument {
  const specVersion = protobufVersion(bytes);
  let opened: OpenedJson | undefined;
  const open = () => {
    opened ??= openTranscript(transcribeProtobuf(bytes, limits), limits);
    return opened;
  };
  return {
    format: { format: "protobuf", specVersion },
    validate: () => validateOutline(open().outline, { specVersion, formats: false }, limits),
    open,
  };
}

/** The first character counts, in any encoding that can be read. */
function looksLikeXml(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.subarray(0, sniffedBytes));
  const isMark = (unit: number) => unit === 0xfe || unit === 0xff || unit === 0xef || unit === 0xbb || unit === 0xbf;
  const first = start.find((unit) => unit > 0x20 && !isMark(unit));
  return first === 0x3c;
}

const sniffedBytes = 4_096;

import { type SpecVersion, specVersions } from "../bom.ts";
import { BomError } from "../bom-error.ts";
import { decodeText, placeAt } from "../json/decode.ts";
import { type JsonOutline, outlineJson, parseSpan, parseWithout, sizeWithout } from "../json/outline.ts";
import { byte, JsonFault } from "../json/scan.ts";
import type { BomLimits } from "../limits.ts";

/** A document that is well-formed JSON and says that it is CycloneDX of a version that is read. */
export interface OpenedJson {
  outline: JsonOutline;
  specVersion: SpecVersion;
  /** False where `bomFormat` is absent, which the schema refuses, but an unvalidated document may be. */
  namesFormat: boolean;
}

/** These exist, but CycloneDX defined them for XML only. */
const xmlOnlyVersions: ReadonlySet<unknown> = new Set(["1.0", "1.1"]);
const jsonVersions = specVersions.filter((version) => !xmlOnlyVersions.has(version));
const knownVersions: ReadonlySet<unknown> = new Set(jsonVersions);

/** Checks encoding, grammar, depth and version, and outlines the document. Throws BomError. */
export function openJson(bytes: Uint8Array, limits: BomLimits): OpenedJson {
  const outline = outlineOf(decodeText(bytes), limits);
  const bomFormat = memberOf(outline, "bomFormat");
  if (bomFormat !== undefined && bomFormat !== "CycloneDX") {
    throw notCycloneDx("/bomFormat", `bomFormat is ${excerpt(bomFormat)} instead of "CycloneDX"`);
  }
  return { outline, specVersion: specVersionOf(outline), namesFormat: bomFormat !== undefined };
}

/** A document of another format, written down in the words of JSON. */
export interface Transcript {
  json: Uint8Array;
  specVersion: SpecVersion;
}

/** Outlines what was written down here. Its places say nothing about the document. Throws BomError. */
export function openTranscript({ json, specVersion }: Transcript, limits: BomLimits): OpenedJson {
  try {
    return { outline: outlineOf(json, limits), specVersion, namesFormat: true };
  } catch (error) {
    throw error instanceof BomError ? new BomError(error.code, error.summary) : error;
  }
}

/** Parses the document with the named lists emptied, unless that is still too much. Throws BomError `too-large`. */
export function parseRest(outline: JsonOutline, names: readonly string[], limits: BomLimits): Record<string, unknown> {
  const size = sizeWithout(outline, names);
  if (size.values > limits.pieceValuesMax || size.bytes > limits.pieceMaxBytes) {
    const measure = `${size.values} values in ${size.bytes} bytes`;
    throw new BomError("too-large", `The document has too much outside of its lists of components: ${measure}`);
  }
  return parseWithout(outline, names);
}

function outlineOf(text: Uint8Array, limits: BomLimits): JsonOutline {
  try {
    const outline = outlineJson(text, limits);
    if (outline !== undefined) return outline;
  } catch (error) {
    throw error instanceof JsonFault ? fromFault(error, text) : error;
  }
  throw notCycloneDx("", "a CycloneDX BOM is a JSON object");
}

function fromFault(fault: JsonFault, text: Uint8Array): BomError {
  const place = placeAt(text, fault.offset);
  if (fault.kind === "too-deep") return new BomError("too-deep", `The document is ${fault.message}`, { place });
  if (fault.kind === "too-many") return new BomError("too-large", `The document has ${fault.message}`, { place });
  const first = text.find((unit) => unit > 0x20);
  const isJson = first === byte.braceOpen || first === byte.bracketOpen;
  const summary = isJson ? "Not valid JSON" : "Neither JSON nor XML nor protobuf";
  return new BomError("not-json", `${summary}: ${fault.message}`, { place });
}

function specVersionOf(outline: JsonOutline): SpecVersion {
  const version = memberOf(outline, "specVersion");
  if (version === undefined) {
    const isSpdx = outline.members.has("spdxVersion") || outline.members.has("@graph");
    throw notCycloneDx("", isSpdx ? "this looks like SPDX" : "the member specVersion is missing");
  }
  if (knownVersions.has(version)) return version as SpecVersion;
  const reason = xmlOnlyVersions.has(version) ? "exists in XML only" : "is not known";
  const message = `CycloneDX ${excerpt(version)} ${reason}; JSON is read in the versions ${jsonVersions.join(", ")}`;
  throw new BomError("unsupported-version", message, { problems: [{ path: "/specVersion", message }] });
}

/** A small member's value; whatever is longer cannot be what is looked for. */
function memberOf(outline: JsonOutline, name: string): unknown {
  const span = outline.members.get(name);
  if (span === undefined) return undefined;
  const memberMaxBytes = 1000;
  return span.end - span.start > memberMaxBytes ? "a longer value" : parseSpan(outline.bytes, span);
}

function notCycloneDx(path: string, reason: string): BomError {
  const message = `Not a CycloneDX BOM: ${reason}`;
  return new BomError("not-cyclonedx", message, { problems: [{ path, message }] });
}

function excerpt(value: unknown): string {
  return (JSON.stringify(value) ?? "").slice(0, 60).toWellFormed();
}

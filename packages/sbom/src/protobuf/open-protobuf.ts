/** Reads a BOM in protobuf as if it had come in JSON: one field of the document at a time, written down in its words. */
import { BomError } from "../bom-error.ts";
import type { Transcript } from "../cyclonedx/open-json.ts";
import { JsonTranscript } from "../json-transcript.ts";
import type { BomLimits } from "../limits.ts";
import { protobufVersion } from "./detect-protobuf.ts";
import { citation, component, externalReference, metadata, property, service } from "./messages.ts";
import { type MessageShape, readMessage } from "./read-message.ts";
import { vulnerability } from "./vulnerability-messages.ts";
import { ProtobufFault, readText, readVarint, type WireField, wireFields } from "./wire.ts";

const lists: Readonly<Record<number, { name: string; shape: () => MessageShape }>> = {
  5: { name: "components", shape: component },
  6: { name: "services", shape: service },
  7: { name: "externalReferences", shape: externalReference },
  10: { name: "vulnerabilities", shape: vulnerability },
  12: { name: "properties", shape: property },
  16: { name: "citations", shape: citation },
};

const dependenciesField = 8;

/** A dependency with those nested in it, which depend on what is in them. */
interface DependencyMessage {
  ref?: string;
  nested?: DependencyMessage[];
  provides?: string[];
}

const dependency: () => MessageShape = () => dependencyShape;
const dependencyShape: MessageShape = {
  fields: {
    1: { name: "ref", kind: "text" },
    2: { name: "nested", kind: dependency, repeats: true },
    3: { name: "provides", kind: "text", repeats: true },
  },
};

/** Reads a document that looks like protobuf. Throws BomError. */
export function transcribeProtobuf(bytes: Uint8Array, limits: BomLimits): Transcript {
  const specVersion = protobufVersion(bytes);
  const transcript = new JsonTranscript(bytes.byteLength * 2); // the names of members come on top
  transcript.set("bomFormat", "CycloneDX");
  transcript.set("specVersion", specVersion);
  transcript.set("version", 1);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    for (const field of wireFields(buffer, { start: 0, end: buffer.length }))
      readField(buffer, field, transcript, limits);
  } catch (error) {
    throw error instanceof ProtobufFault ? fromFault(error) : error;
  }
  return { json: transcript.finish(), specVersion };
}

function readField(bytes: Buffer, field: WireField, transcript: JsonTranscript, limits: BomLimits): void {
  const list = lists[field.number];
  if (list === undefined && ![2, 3, 4, dependenciesField].includes(field.number)) return;
  if (field.end - field.start > limits.pieceMaxBytes)
    throw new ProtobufFault(field.start, "an element too large to be read", "too-many");
  const wantsBytes = field.number !== 2;
  if ((field.kind === "bytes") !== wantsBytes || (!wantsBytes && field.kind !== "varint"))
    throw new ProtobufFault(field.start, `field ${field.number} has a value of another kind`);
  const read = (shape: MessageShape) => readMessage(bytes, field, shape, limits);
  if (list !== undefined) transcript.add(list.name, read(list.shape()));
  else if (field.number === 2) transcript.set("version", Number(BigInt.asIntN(64, readVarint(bytes, field).value)));
  else if (field.number === 3) transcript.set("serialNumber", readText(bytes, field));
  else if (field.number === 4) transcript.set("metadata", read(metadata()));
  else for (const entry of dependencyEntries(read(dependencyShape))) transcript.add("dependencies", entry);
}

function* dependencyEntries(root: unknown): Generator<Record<string, unknown>> {
  const open = [root as DependencyMessage];
  for (let message = open.pop(); message !== undefined; message = open.pop()) {
    const { ref, nested = [], provides } = message;
    if (message !== root && nested.length === 0) continue;
    const dependsOn = nested.flatMap((child) => child.ref ?? []);
    yield { ref, dependsOn, provides };
    for (const child of nested.toReversed()) open.push(child);
  }
}

function fromFault(fault: ProtobufFault): BomError {
  const at = ` at byte ${fault.offset}`;
  if (fault.kind === "too-deep") return new BomError("too-deep", `The document is ${fault.message}${at}`);
  if (fault.kind === "too-many") return new BomError("too-large", `The document has ${fault.message}${at}`);
  return new BomError("not-protobuf", `Not valid protobuf: ${fault.message}${at}`);
}

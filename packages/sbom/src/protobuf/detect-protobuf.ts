import { type SpecVersion, specVersions } from "../bom.ts";
import { BomError } from "../bom-error.ts";

/** Protobuf came with 1.3. */
const protobufVersions: readonly string[] = specVersions.filter((version) => version >= "1.3");
/** Field 1, a text of three bytes: the version, which every writer puts first. */
const firstField = [0x0a, 0x03] as const;

/**
 * Whether the document begins with a version as a message does. Neither JSON nor XML can begin so; a message without it
 * could be anything, an empty document even, and is none of ours.
 */
export function looksLikeProtobuf(bytes: Uint8Array): boolean {
  const [tag, length] = firstField;
  return bytes[0] === tag && bytes[1] === length && /^\d\.\d$/.test(versionText(bytes));
}

/** The version of a document that looks like protobuf. Throws BomError `unsupported-version`. */
export function protobufVersion(bytes: Uint8Array): SpecVersion {
  const version = versionText(bytes);
  if (protobufVersions.includes(version)) return version as SpecVersion;
  const message = `CycloneDX "${version}" is not known in protobuf, which is read in the versions ${protobufVersions.join(", ")}`;
  throw new BomError("unsupported-version", message, { problems: [{ path: "/specVersion", message }] });
}

function versionText(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(2, 5)).toString("latin1");
}

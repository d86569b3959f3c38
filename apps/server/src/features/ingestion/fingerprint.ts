import { hash } from "node:crypto";

/** All that an import makes of a document depends on, beside the document itself. */
export interface ReadingCircumstances {
  /** Release that reads: another one may read more. */
  release: string;
  /** Settings that tell internal components: groups, names, how they are combined. */
  internal: readonly (string | null)[];
  /** Digest of the licences that are known. */
  licenses: string;
  /** Largest document that is read, in bytes. */
  sizeMaxBytes: number;
}

/** Equal where the same document (sha256 of its content, hexadecimal) is read under the same circumstances. */
export function importFingerprint(contentSha256: string, circumstances: ReadingCircumstances): Buffer {
  const { release, internal, licenses, sizeMaxBytes } = circumstances;
  return hash("sha256", JSON.stringify([contentSha256, release, internal, licenses, sizeMaxBytes]), "buffer");
}

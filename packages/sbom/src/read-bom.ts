/**
 * Reading a BOM: bytes → format (`open-document`) → validation against the official schema of the format (if wanted) →
 * JSON, or the words of JSON (`xml/open-xml`, `protobuf/open-protobuf`) → outline (`json/outline`: strict grammar, depth,
 * places of the elements) → model (`cyclonedx/map-…`). Elements of the big lists are parsed one at a time, so memory
 * follows the result, not the document.
 */
import { assembleBom } from "./assemble-bom.ts";
import type { Bom } from "./bom.ts";
import { type BomPiece, mapPieces, type ReadingPurpose } from "./cyclonedx/map-pieces.ts";
import { type BomLimits, bomLimits } from "./limits.ts";
import { type BomFormat, openDocument } from "./open-document.ts";

export type { BomFormat } from "./open-document.ts";

/** How to read. */
export interface ReadBomOptions {
  /** Whether the official schema decides (see `loadSchemasFor`); if not, whatever can be understood is read and the rest is noted. */
  validate: boolean;
  limits?: Partial<BomLimits>;
  /** `document` unless said otherwise. */
  purpose?: ReadingPurpose;
}

/** Reads a whole BOM. Throws BomError and nothing else. */
export function readBom(bytes: Uint8Array, options: ReadBomOptions): Bom {
  return assembleBom(readBomPieces(bytes, options));
}

/** Reads a BOM in pieces; all checks are done before the first one appears. Throws BomError and nothing else. */
export function* readBomPieces(bytes: Uint8Array, options: ReadBomOptions): Generator<BomPiece> {
  const limits = bomLimits(options.limits);
  const document = openDocument(bytes, limits);
  if (options.validate) document.validate();
  yield* mapPieces(document.open(), limits, options.purpose);
}

/** Validates without keeping anything, once `loadSchemasFor` was awaited. Throws BomError and nothing else. */
export function validateBom(bytes: Uint8Array, limits?: Partial<BomLimits>): BomFormat {
  const document = openDocument(bytes, bomLimits(limits));
  document.validate();
  return document.format;
}

/** Tells format and version of a document without validating its content. Throws BomError and nothing else. */
export function detectFormat(bytes: Uint8Array): BomFormat {
  return openDocument(bytes, bomLimits()).format;
}

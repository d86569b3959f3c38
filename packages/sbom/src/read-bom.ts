/**
 * Reading a BOM: bytes → text (`json/decode`) → outline (`json/outline`: strict grammar, depth, places of the elements)
 * → validation against the official schema (`cyclonedx/validate`, if wanted) → model (`cyclonedx/map-…`).
 * Elements of the big lists are parsed one at a time, so memory follows the result, not the document.
 */
import { assembleBom } from "./assemble-bom.ts";
import type { Bom, SpecVersion } from "./bom.ts";
import { type BomPiece, mapPieces } from "./cyclonedx/map-pieces.ts";
import { openJson } from "./cyclonedx/open-json.ts";
import { validateOutline } from "./cyclonedx/validate.ts";
import { type BomLimits, bomLimits } from "./limits.ts";

/** How to read. */
export interface ReadBomOptions {
  /** Whether the official schema decides; if not, whatever can be understood is read and the rest is noted. */
  validate: boolean;
  limits?: Partial<BomLimits>;
}

/** The format a document is in. */
export interface BomFormat {
  format: "json";
  specVersion: SpecVersion;
}

/** Reads a whole BOM. Throws BomError and nothing else. */
export function readBom(bytes: Uint8Array, options: ReadBomOptions): Bom {
  return assembleBom(readBomPieces(bytes, options));
}

/** Reads a BOM in pieces; all checks are done before the first one appears. Throws BomError and nothing else. */
export function* readBomPieces(bytes: Uint8Array, options: ReadBomOptions): Generator<BomPiece> {
  const limits = bomLimits(options.limits);
  const opened = openJson(bytes, limits);
  if (options.validate) validateOutline(opened.outline, opened.specVersion, limits);
  yield* mapPieces(opened, limits);
}

/** Validates without keeping anything. Throws BomError and nothing else. */
export function validateBom(bytes: Uint8Array, limits?: Partial<BomLimits>): BomFormat {
  const allLimits = bomLimits(limits);
  const { outline, specVersion } = openJson(bytes, allLimits);
  validateOutline(outline, specVersion, allLimits);
  return { format: "json", specVersion };
}

/** Tells format and version of a document without validating its content. Throws BomError and nothing else. */
export function detectFormat(bytes: Uint8Array): BomFormat {
  return { format: "json", specVersion: openJson(bytes, bomLimits()).specVersion };
}

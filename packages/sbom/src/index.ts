export * from "./bom.ts";
export { BomError, type BomErrorCode, type BomPlace, type BomProblem } from "./bom-error.ts";
export type { BomPiece } from "./cyclonedx/map-pieces.ts";
export { type Flattened, flatten } from "./flatten.ts";
export { type BomLimits, bomLimitsDefault } from "./limits.ts";
export {
  assembleBom,
  type BomFormat,
  detectFormat,
  type ReadBomOptions,
  readBom,
  readBomPieces,
  validateBom,
} from "./read-bom.ts";

export { assembleBom } from "./assemble-bom.ts";
export * from "./bom.ts";
export { BomError, type BomErrorCode, type BomPlace, type BomProblem } from "./bom-error.ts";
export type { BomLink, BomPiece } from "./cyclonedx/map-pieces.ts";
export { type Flattened, flatten } from "./flatten.ts";
export { type BomLimits, bomLimitsDefault } from "./limits.ts";
export { loadSchemasFor } from "./open-document.ts";
export {
  type BomFormat,
  detectFormat,
  type ReadBomOptions,
  readBom,
  readBomPieces,
  validateBom,
} from "./read-bom.ts";
export {
  BomReaderBusy,
  type BomReaderCall,
  type BomReaderPool,
  type BomReaderPoolOptions,
  bomReaderPoolDefault,
  createBomReaderPool,
  readBomInWorker,
} from "./worker/reader-pool.ts";
export { BomReaderCrash, type BomReaderCrashReason } from "./worker/reader-thread.ts";
export type { BomSpecVersion } from "./write/versions.ts";
export { type WritableBom, type WriteBomOptions, writeBom } from "./write/write-bom.ts";

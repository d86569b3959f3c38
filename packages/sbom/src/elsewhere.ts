// Reading in threads, for programs that never read a document themselves: loads neither schemas nor their validator.

export { BomError, type BomPlace, type BomProblem } from "./bom-error.ts";
export {
  BomReaderBusy,
  type BomReaderPool,
  type BomReaderPoolOptions,
  createBomReaderPool,
} from "./worker/reader-pool.ts";
export { BomReaderCrash } from "./worker/reader-thread.ts";

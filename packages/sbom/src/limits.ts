/** Bounds within which a BOM is read; every one of them can be lowered or raised per call. */
export interface BomLimits {
  /** Largest document, after decompression; below V8's longest string. */
  sizeMaxBytes: number;
  /** Deepest nesting of objects and arrays; real BOMs stay below 30, AJV and the mapping recurse this deep at most. */
  depthMax: number;
  /** Most elements of one array at the top of the document (components, dependencies, …). */
  elementsMax: number;
  /**
   * Most values and names in one piece, which is parsed at once: an element of such an array, or all that is outside of
   * them. V8 cannot be stopped inside JSON.parse, and a thread that runs out of memory there takes the process with it.
   */
  pieceValuesMax: number;
  /** Most bytes of one piece. */
  pieceMaxBytes: number;
  /** Most problems listed in one BomError. */
  problemsMax: number;
  /** Most notes kept about things that were tolerated. */
  notesMax: number;
}

/** The limits that hold where a caller names none. */
export const bomLimitsDefault: Readonly<BomLimits> = {
  sizeMaxBytes: 400 * 1024 * 1024,
  depthMax: 256,
  elementsMax: 2_000_000,
  pieceValuesMax: 2_000_000,
  pieceMaxBytes: 64 * 1024 * 1024,
  problemsMax: 100,
  notesMax: 100,
};

/** Above this V8 cannot hold a document as one text. */
const sizeHardMaxBytes = 500 * 1024 * 1024;

/** Completes a partial set of limits with the defaults. */
export function bomLimits(limits: Partial<BomLimits> = {}): BomLimits {
  const all = { ...bomLimitsDefault, ...limits };
  return { ...all, sizeMaxBytes: Math.min(all.sizeMaxBytes, sizeHardMaxBytes) };
}

/** Heap that one parsed value or name takes at worst (measured: objects with one member each, all named differently). */
const heapPerValueMaxBytes = 80;

/** Lowers the limits of one piece to what a heap can take beside everything else. */
export function limitsWithin(heapMaxMb: number, limits: Partial<BomLimits> = {}): BomLimits {
  const all = bomLimits(limits);
  const heapBytes = heapMaxMb * 1024 * 1024;
  return {
    ...all,
    pieceValuesMax: Math.min(all.pieceValuesMax, Math.floor((heapBytes * 0.45) / heapPerValueMaxBytes)),
    pieceMaxBytes: Math.min(all.pieceMaxBytes, Math.floor(heapBytes * 0.2)),
  };
}

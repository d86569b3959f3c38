// One ecosystem's version order. `parse` turns text into a value that `compare` can order without looking at the text
// again; it returns undefined for text the ecosystem itself would reject.

/** How one ecosystem reads and orders its versions; `Parsed` is private to the implementation. */
export interface VersionOrder<Parsed> {
  /** Parses a version, or returns undefined when the ecosystem would not accept it. */
  parse(text: string): Parsed | undefined;
  /** Negative, zero or positive, as for Array.prototype.sort. */
  compare(a: Parsed, b: Parsed): number;
  /** Text under which two spellings of the same version are equal in an advisory's list of versions. */
  listKey?(text: string): string;
  /** True when the version cannot be ordered against others at all, so that no range contains it. */
  standsOutsideRanges?(parsed: Parsed): boolean;
}

/** A version text that its scheme cannot read. */
export class VersionError extends Error {
  override readonly name = "VersionError";
  readonly scheme: string;
  readonly version: string;

  constructor(scheme: string, version: string) {
    super(`not a ${scheme} version: ${JSON.stringify(version.slice(0, VERSION_CHARS_IN_MESSAGE_MAX))}`);
    this.scheme = scheme;
    this.version = version;
  }
}

const VERSION_CHARS_IN_MESSAGE_MAX = 100;

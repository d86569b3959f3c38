/** What kind of refusal it is; stable, for programs. */
export type BomErrorCode =
  | "not-json"
  | "not-xml"
  | "not-protobuf"
  | "not-cyclonedx"
  | "unsupported-version"
  | "schema"
  | "duplicate-bom-ref"
  | "too-deep"
  | "too-large"
  | "encoding";

/**
 * One thing that is wrong; `message` is for people. `path` is a JSON pointer (RFC 6901, "" = the document), or in XML the
 * way to the element, such as `/bom/components/component[3]`, counting from 1.
 */
export interface BomProblem {
  path: string;
  message: string;
}

/** A place in the text: line and column count from 1 (column in characters), offset in bytes from 0. */
export interface BomPlace {
  line: number;
  column: number;
  offset: number;
}

/** A document that is refused; the only error that reading a BOM throws. */
export class BomError extends Error {
  override readonly name = "BomError";
  readonly code: BomErrorCode;
  /** The message without the place. */
  readonly summary: string;
  /** Never empty; capped at `BomLimits.problemsMax`. */
  readonly problems: BomProblem[];
  /** Set when the text itself is broken, not only its content. */
  readonly place: BomPlace | undefined;

  constructor(
    code: BomErrorCode,
    summary: string,
    details: { problems?: BomProblem[]; place?: BomPlace | undefined } = {},
  ) {
    super(details.place === undefined ? summary : `${summary} at ${placeText(details.place)}`);
    this.code = code;
    this.summary = summary;
    this.place = details.place;
    this.problems = details.problems ?? [{ path: "", message: this.message }];
  }
}

function placeText(place: BomPlace): string {
  return `line ${place.line}, column ${place.column} (byte ${place.offset})`;
}

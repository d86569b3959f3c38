/** Where and why a text does not follow its grammar; `kind` tells limits apart, `offset` counts bytes. */
export class TextFault extends Error {
  readonly offset: number;
  readonly kind: "syntax" | "too-deep" | "too-many";

  constructor(offset: number, message: string, kind: "syntax" | "too-deep" | "too-many" = "syntax") {
    super(message);
    this.offset = offset;
    this.kind = kind;
  }
}

/** An expression that cannot be read, and where: `offset` counts characters from 0. */
export class SpdxError extends Error {
  override readonly name = "SpdxError";
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(`${message} at character ${offset + 1}`);
    this.offset = offset;
  }
}

/** A word or sign of an expression. A `+` belongs to the licence it follows without a space. */
export interface SpdxToken {
  kind: "(" | ")" | "and" | "or" | "with" | "id" | "end";
  /** Of an id: without the `+`. */
  text: string;
  plus: boolean;
  offset: number;
}

/** Longest expression; those of whole images stay below 10,000 characters. */
export const expressionMaxChars = 20_000;

const lexeme = /\s*(?:([()])|([A-Za-z0-9.:-]+)(\+?))/y;
const operators: ReadonlySet<string> = new Set(["and", "or", "with"]);

/** Splits an expression; the last token is the end. Operators are read in either case. Throws SpdxError. */
export function spdxTokens(text: string): SpdxToken[] {
  if (text.length > expressionMaxChars) {
    throw new SpdxError(
      `An expression has at most ${expressionMaxChars} characters, this one goes on`,
      expressionMaxChars,
    );
  }
  const tokens: SpdxToken[] = [];
  const length = text.trimEnd().length;
  let at = 0;
  while (at < length) {
    lexeme.lastIndex = at;
    const found = lexeme.exec(text);
    if (found === null) throw strangeSign(text, at);
    const [whole, sign, word = "", plus = ""] = found;
    const offset = at + whole.length - (sign ?? word + plus).length;
    tokens.push(sign === undefined ? wordToken(word, plus === "+", offset) : signToken(sign, offset));
    at += whole.length;
  }
  tokens.push({ kind: "end", text: "", plus: false, offset: length });
  return tokens;
}

function signToken(sign: string, offset: number): SpdxToken {
  return { kind: sign === "(" ? "(" : ")", text: sign, plus: false, offset };
}

function wordToken(word: string, plus: boolean, offset: number): SpdxToken {
  const operator = word.toLowerCase();
  if (!operators.has(operator)) return { kind: "id", text: word, plus, offset };
  if (plus) throw new SpdxError("A + stands where no licence is", offset + word.length);
  return { kind: operator as "and" | "or" | "with", text: word, plus, offset };
}

function strangeSign(text: string, at: number): SpdxError {
  const offset = at + text.slice(at).search(/\S/);
  const sign = String.fromCodePoint(text.codePointAt(offset) ?? 0);
  return new SpdxError(`${JSON.stringify(sign.toWellFormed())} has no place in an expression`, offset);
}

/**
 * SPDX licence expressions (annex of the SPDX specification): licences joined by AND and OR, of which AND binds closer,
 * WITH for exceptions, `+` for later versions, parentheses. Ids are read in any case and kept as the SPDX list has them.
 */
import { spdxExceptionId, spdxLicenseId } from "./ids.ts";
import { SpdxError, type SpdxToken, spdxTokens } from "./tokens.ts";

/** A licence, or several of them joined. Lists have at least two parts, none of the kind of the list itself. */
export type SpdxExpression = SpdxTerm | { kind: "and" | "or"; parts: readonly SpdxExpression[] };

/** One licence with what belongs to it. */
export interface SpdxTerm {
  kind: "license";
  /** An id of the SPDX list, or a reference (`LicenseRef-…`, `DocumentRef-…:LicenseRef-…`). */
  id: string;
  /** Written with `+`: this version or a later one. */
  orLater: boolean;
  exception?: string;
}

/** How to read. */
export interface ParseExpressionOptions {
  /** Ids that the SPDX list does not have: `refuse` (as the specification does) or `keep` as they are. */
  unknownIds?: "refuse" | "keep";
}

/** Deepest nesting of parentheses. */
const depthMax = 64;

const licenseRef = /^(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+$/i;
const additionRef = /^(?:DocumentRef-[A-Za-z0-9.-]+:)?AdditionRef-[A-Za-z0-9.-]+$/i;

/** Reads an expression. Throws SpdxError, which names the place. */
export function parseExpression(text: string, options: ParseExpressionOptions = {}): SpdxExpression {
  return new Parser(spdxTokens(text), options.unknownIds ?? "refuse").whole();
}

/** Reads an expression; undefined where it is none. */
export function tryParseExpression(text: string, options: ParseExpressionOptions = {}): SpdxExpression | undefined {
  try {
    return parseExpression(text, options);
  } catch (error) {
    if (error instanceof SpdxError) return undefined;
    throw error;
  }
}

/** The licences of an expression in the order of their first mention, each once. */
export function expressionTerms(expression: SpdxExpression): SpdxTerm[] {
  return expression.kind === "license" ? [expression] : expression.parts.flatMap(expressionTerms);
}

/** The ids of the licences of an expression in the order of their first mention, each once. */
export function expressionIds(expression: SpdxExpression): string[] {
  return [...new Set(expressionTerms(expression).map(({ id }) => id))];
}

/** The text of an expression, with no more parentheses than it needs. */
export function formatExpression(expression: SpdxExpression): string {
  if (expression.kind === "license") return formatTerm(expression);
  const inner = expression.parts.map((part) => {
    const text = formatExpression(part);
    return expression.kind === "and" && part.kind === "or" ? `(${text})` : text;
  });
  return inner.join(expression.kind === "and" ? " AND " : " OR ");
}

/** The text of one licence with what belongs to it. */
export function formatTerm({ id, orLater, exception }: SpdxTerm): string {
  return `${id}${orLater ? "+" : ""}${exception === undefined ? "" : ` WITH ${exception}`}`;
}

class Parser {
  private readonly tokens: readonly SpdxToken[];
  private readonly unknownIds: "refuse" | "keep";
  private at = 0;
  private depth = 0;

  constructor(tokens: readonly SpdxToken[], unknownIds: "refuse" | "keep") {
    this.tokens = tokens;
    this.unknownIds = unknownIds;
  }

  whole(): SpdxExpression {
    const expression = this.joined("or");
    const rest = this.next();
    if (rest.kind === "end") return expression;
    if (rest.kind === ")") throw new SpdxError("A parenthesis is closed that was not opened", rest.offset);
    throw new SpdxError(`${JSON.stringify(rest.text)} follows without AND or OR`, rest.offset);
  }

  private joined(kind: "and" | "or"): SpdxExpression {
    const parts: SpdxExpression[] = [];
    for (;;) {
      const part = kind === "or" ? this.joined("and") : this.single();
      if (part.kind === kind) for (const inner of part.parts) parts.push(inner);
      else parts.push(part);
      if (this.peek().kind !== kind) break;
      this.next();
    }
    const [first] = parts;
    return first !== undefined && parts.length === 1 ? first : { kind, parts };
  }

  private single(): SpdxExpression {
    const token = this.next();
    if (token.kind === "id") return this.term(token);
    if (token.kind !== "(") throw new SpdxError(`A licence is missing${found(token)}`, token.offset);
    if (++this.depth > depthMax) throw new SpdxError(`Parentheses are nested deeper than ${depthMax}`, token.offset);
    const inner = this.joined("or");
    if (this.next().kind !== ")") throw new SpdxError("This parenthesis is not closed:", token.offset);
    this.depth--;
    return inner;
  }

  private term(token: SpdxToken): SpdxTerm {
    const license: SpdxTerm = { kind: "license", ...this.license(token) };
    if (this.peek().kind !== "with") return license;
    this.next();
    const exception = this.next();
    if (exception.kind !== "id" || exception.plus) {
      throw new SpdxError(`An exception is missing after WITH${found(exception)}`, exception.offset);
    }
    return { ...license, exception: this.exception(exception) };
  }

  private license({ text, plus, offset }: SpdxToken): { id: string; orLater: boolean } {
    const id = spdxLicenseId(text);
    if (id !== undefined) return { id, orLater: plus };
    if (licenseRef.test(text)) {
      if (plus) throw new SpdxError("A reference has no later versions", offset + text.length);
      return { id: text, orLater: false };
    }
    if (this.unknownIds === "refuse" || text.includes(":")) {
      throw new SpdxError(`${excerpt(text)} is no id of the SPDX licence list`, offset);
    }
    return { id: text, orLater: plus };
  }

  private exception({ text, offset }: SpdxToken): string {
    const id = spdxExceptionId(text);
    if (id !== undefined) return id;
    if (additionRef.test(text) || (this.unknownIds === "keep" && !text.includes(":"))) return text;
    throw new SpdxError(`${excerpt(text)} is no exception of the SPDX licence list`, offset);
  }

  private peek(): SpdxToken {
    return this.tokens[Math.min(this.at, this.tokens.length - 1)] as SpdxToken;
  }

  private next(): SpdxToken {
    const token = this.peek();
    this.at++;
    return token;
  }
}

function found({ kind, text }: SpdxToken): string {
  return kind === "end" ? "" : ` before ${excerpt(text)}`;
}

const excerptMaxChars = 60;

function excerpt(text: string): string {
  return JSON.stringify(text.length > excerptMaxChars ? `${text.slice(0, excerptMaxChars)}…` : text);
}

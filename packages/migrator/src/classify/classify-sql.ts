import { hasSqlDetails, loadModule, parseSync, type RawStmt } from "libpg-query";
import { judge } from "./rules.ts";
import { emptyScope, type Scope } from "./scope.ts";
import { isTransactional } from "./session-and-maintenance.ts";
import { type ClassifiedStatement, worst } from "./verdict.ts";

const NEWLINE_BYTE = 0x0a;

/** SQL that PostgreSQL's own parser rejects. */
export class SqlSyntaxError extends Error {
  override readonly name = "SqlSyntaxError";
  readonly line: number;

  constructor(message: string, line: number, options?: ErrorOptions) {
    super(`line ${line}: ${message}`, options);
    this.line = line;
  }
}

/**
 * Splits SQL into statements with PostgreSQL's parser and judges each. The scope carries what earlier files established
 * and takes up what this one does. Throws SqlSyntaxError.
 */
export async function classifySql(text: string, scope: Scope = emptyScope()): Promise<ClassifiedStatement[]> {
  await loadModule();
  const bytes = Buffer.from(text, "utf8");
  return parse(text).map((raw) => classifyStatement(raw, bytes, scope));
}

function parse(text: string): RawStmt[] {
  try {
    return parseSync(text).stmts ?? [];
  } catch (cause) {
    const position = hasSqlDetails(cause) ? (cause.sqlDetails?.cursorPosition ?? 0) : 0;
    const line = text.slice(0, Math.max(0, position)).split("\n").length;
    throw new SqlSyntaxError(cause instanceof Error ? cause.message : String(cause), line, { cause });
  }
}

function classifyStatement(raw: RawStmt, bytes: Buffer, scope: Scope): ClassifiedStatement {
  const from = raw.stmt_location ?? 0;
  const to = raw.stmt_len ? from + raw.stmt_len : bytes.length;
  const text = withoutLeadingComments(bytes.subarray(from, to).toString("utf8"));
  const start = to - Buffer.byteLength(text, "utf8");
  if (!raw.stmt) throw new SqlSyntaxError("empty statement", lineAt(bytes, start));
  const { kind, findings } = judge(raw.stmt, scope);
  return {
    line: lineAt(bytes, start),
    kind,
    text: text.trim(),
    transactional: isTransactional(raw.stmt),
    level: worst(findings.map((finding) => finding.level)),
    findings,
  };
}

/** The parser counts what stands before a statement as part of it. */
function withoutLeadingComments(statement: string): string {
  return statement.replace(/^(?:\s+|--[^\n]*(?:\n|$)|\/\*(?:[^*]|\*(?!\/))*\*\/)*/, "");
}

function lineAt(bytes: Buffer, offset: number): number {
  let line = 1;
  for (let i = 0; i < offset; i++) if (bytes[i] === NEWLINE_BYTE) line++;
  return line;
}

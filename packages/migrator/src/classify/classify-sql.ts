import type { RawStmt } from "libpg-query";
import { parseSql, SqlSyntaxError } from "./parser.ts";
import { judge } from "./rules.ts";
import { emptyScope, type Scope } from "./scope.ts";
import { isTransactional } from "./session-and-maintenance.ts";
import { type ClassifiedStatement, worst } from "./verdict.ts";

const NEWLINE_BYTE = 0x0a;

/**
 * Splits SQL into statements with PostgreSQL's parser and judges each. The scope carries what earlier files established
 * and takes up what this one does. Throws SqlSyntaxError.
 */
export async function classifySql(text: string, scope: Scope = emptyScope()): Promise<ClassifiedStatement[]> {
  const bytes = Buffer.from(text, "utf8");
  return (await parseSql(text)).map((raw) => classifyStatement(raw, bytes, scope));
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

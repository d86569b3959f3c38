import type { RawStmt } from "libpg-query";

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
 * Parses with PostgreSQL's own grammar. The parser is loaded at the first use: an instance that starts on a migrated
 * database never needs it, and compiling it costs half a second of processor time. Throws SqlSyntaxError.
 */
export async function parseSql(text: string): Promise<RawStmt[]> {
  const { loadModule, parseSync, hasSqlDetails } = await import("libpg-query");
  await loadModule();
  try {
    return parseSync(text).stmts ?? [];
  } catch (cause) {
    const position = hasSqlDetails(cause) ? (cause.sqlDetails?.cursorPosition ?? 0) : 0;
    const line = text.slice(0, Math.max(0, position)).split("\n").length;
    throw new SqlSyntaxError(cause instanceof Error ? cause.message : String(cause), line, { cause });
  }
}

/** Blank space and line comments between statements. */
const BETWEEN = /(?:\s|--[^\n]*(?:\n|$))*/y;
/**
 * A repeatable index statement in its plainest form: no quoted names, no dollar quotes, no escapes, no comments within, and
 * strings without a backslash. So its first semicolon outside a string is its end.
 */
const STATEMENT =
  /(?:create\s+(?:unique\s+)?index\s+concurrently\s+if\s+not\s+exists|drop\s+index\s+concurrently\s+if\s+exists)\s(?:[^;'"$\\/-]|'[^'\\]*'|-(?!-)|\/(?!\*))*;/iy;

/**
 * The statements of a file that holds nothing but plain repeatable index statements, as PostgreSQL's grammar would split it;
 * undefined for every other file. Most files that cannot be in a transaction are such files, and this way starting on a new
 * database does not cost the memory of the grammar.
 */
export function indexStatementsOf(text: string): { line: number; text: string }[] | undefined {
  const statements: { line: number; text: string }[] = [];
  let position = endOf(BETWEEN, text, 0) ?? 0;
  while (position < text.length) {
    const end = endOf(STATEMENT, text, position);
    if (end === undefined) return undefined;
    statements.push({ line: text.slice(0, position).split("\n").length, text: text.slice(position, end - 1).trim() });
    position = endOf(BETWEEN, text, end) ?? end;
  }
  return statements.length > 0 ? statements : undefined;
}

function endOf(pattern: RegExp, text: string, from: number): number | undefined {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

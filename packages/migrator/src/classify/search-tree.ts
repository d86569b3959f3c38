import type { Node } from "libpg-query";

/** Functions that give the same answer throughout a statement, so that PostgreSQL need not rewrite a table for them. */
const NOT_VOLATILE = new Set([
  "now",
  "transaction_timestamp",
  "statement_timestamp",
  "date_trunc",
  "make_interval",
  "to_timestamp",
  "lower",
  "upper",
  "jsonb_build_object",
  "jsonb_build_array",
  "json_build_object",
  "json_build_array",
  "current_setting",
  "md5",
  "sha256",
  "encode",
  "decode",
  "repeat",
  "abs",
  "array_fill",
]);

/** True when a node of this kind occurs anywhere below. */
export function contains(tree: unknown, kind: string): boolean {
  return nodesBelow(tree, kind).length > 0;
}

/** All nodes of a kind anywhere below. */
export function nodesBelow(tree: unknown, kind: string): unknown[] {
  if (typeof tree !== "object" || tree === null) return [];
  const found: unknown[] = [];
  for (const [key, value] of Object.entries(tree)) {
    if (key === kind) found.push(value);
    found.push(...nodesBelow(value, kind));
  }
  return found;
}

/** Names of the functions called below that may be volatile: all but those known not to be. */
export function possiblyVolatileCalls(tree: unknown): string[] {
  return functionsCalled(tree).filter((name) => !NOT_VOLATILE.has(name));
}

/** Names of the functions called below, without their schema. */
export function functionsCalled(tree: unknown): string[] {
  return nodesBelow(tree, "FuncCall").map((call) => {
    const names = (call as { funcname?: Node[] }).funcname ?? [];
    const last = names.at(-1);
    return last && "String" in last ? (last.String.sval ?? "?") : "?";
  });
}

/** Names of the columns referred to below. */
export function columnsReferred(tree: unknown): string[] {
  return nodesBelow(tree, "ColumnRef").flatMap((reference) => {
    const last = (reference as { fields?: Node[] }).fields?.at(-1);
    return last && "String" in last ? [last.String.sval ?? ""] : [];
  });
}

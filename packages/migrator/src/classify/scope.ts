import type { Node, RangeVar } from "libpg-query";

/**
 * What the statements before this one established. `fresh` objects were made in the same file: no older build can use
 * them. The rest is remembered from earlier files and decides what dropping something means.
 */
export type Scope = {
  freshTables: Set<string>;
  freshTypes: Set<string>;
  freshIndexes: Set<string>;
  freshViews: Set<string>;
  freshFunctions: Set<string>;
  freshTriggers: Set<string>;
  enums: Set<string>;
  /** Indexes known not to be unique. */
  plainIndexes: Set<string>;
  /** `table.constraint` of CHECK and FOREIGN KEY constraints, which no ON CONFLICT can name. */
  plainConstraints: Set<string>;
  /** `table.column` added later without a default: what an older build inserts holds NULL there. */
  laterNullableColumns: Set<string>;
};

/** A scope that knows nothing. */
export function emptyScope(): Scope {
  return {
    freshTables: new Set(),
    freshTypes: new Set(),
    freshIndexes: new Set(),
    freshViews: new Set(),
    freshFunctions: new Set(),
    freshTriggers: new Set(),
    enums: new Set(),
    plainIndexes: new Set(),
    plainConstraints: new Set(),
    laterNullableColumns: new Set(),
  };
}

/** The scope for the next file: what was fresh is so no longer. */
export function scopeOfNextFile(scope: Scope): Scope {
  const { enums, plainIndexes, plainConstraints, laterNullableColumns } = scope;
  return { ...emptyScope(), enums, plainIndexes, plainConstraints, laterNullableColumns };
}

/** The schema-qualified name of a relation; `public` is what an unqualified name means here. */
export function nameOf(relation: RangeVar | undefined): string {
  return `${relation?.schemaname ?? "public"}.${relation?.relname ?? "?"}`;
}

/** The same for a list of name parts, as types, functions and dropped objects have them. */
export function nameOfParts(parts: readonly string[]): string {
  return parts.length > 1 ? parts.slice(-2).join(".") : `public.${parts[0] ?? "?"}`;
}

/** The strings of a list of String nodes. */
export function stringsOf(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).flatMap((node) => ("String" in node ? [node.String.sval ?? ""] : []));
}

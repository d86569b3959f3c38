import { parseSql } from "./parser.ts";

/** An index that a statement builds outside a transaction. */
export type BuiltIndex = {
  name: string;
  /** `null`: the current schema. */
  schema: string | null;
  /** Regular expression for the copies that an interrupted REINDEX leaves; matches nothing for CREATE INDEX. */
  leftoverPattern: string;
};

const MATCHES_NOTHING = "$^";

/** The indexes that CREATE INDEX CONCURRENTLY and REINDEX INDEX CONCURRENTLY in this SQL would leave invalid. */
export async function indexNamesIn(sql: string): Promise<BuiltIndex[]> {
  return (await parseSql(sql)).flatMap(({ stmt }) => {
    if (stmt && "IndexStmt" in stmt && stmt.IndexStmt.concurrent && stmt.IndexStmt.idxname) {
      const schema = stmt.IndexStmt.relation?.schemaname ?? null;
      return [{ name: stmt.IndexStmt.idxname, schema, leftoverPattern: MATCHES_NOTHING }];
    }
    if (stmt && "ReindexStmt" in stmt && stmt.ReindexStmt.relation?.relname) {
      const { relname, schemaname } = stmt.ReindexStmt.relation;
      const literal = relname.replace(/[^a-zA-Z0-9_]/g, "\\$&");
      // The index itself stays valid: only the copy beside it is a leftover.
      return [{ name: "", schema: schemaname ?? null, leftoverPattern: `^${literal}_cc(new|old)[0-9]*$` }];
    }
    return [];
  });
}

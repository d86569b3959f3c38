import type { DeleteStmt, InsertStmt, SelectStmt, TruncateStmt, UpdateStmt } from "libpg-query";
import { nameOf, type Scope } from "./scope.ts";
import { contains, functionsCalled, possiblyVolatileCalls } from "./search-tree.ts";
import { additive, breaking, type Finding, locking, review } from "./verdict.ts";

const BACKFILL_HINT = "a backfill belongs in a workflow";
const WRITING = ["InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"];

/** INSERT: constant rows are additive; moving data is a backfill. */
export function judgeInsert(statement: InsertStmt, _scope: Scope): Finding[] {
  const source =
    statement.selectStmt && "SelectStmt" in statement.selectStmt ? statement.selectStmt.SelectStmt : undefined;
  const calls = possiblyVolatileCalls(statement.selectStmt).filter((name) => name !== "gen_random_uuid");
  return [
    ...(source?.fromClause || source?.op !== "SETOP_NONE" || contains(source, "SubLink")
      ? review(`INSERT … SELECT copies data; ${BACKFILL_HINT}`)
      : additive),
    ...(statement.withClause ? review("INSERT with a WITH clause") : additive),
    ...(calls.length > 0 ? review(`INSERT calls ${calls.join(", ")}()`) : additive),
    ...(statement.onConflictClause?.action === "ONCONFLICT_UPDATE"
      ? review("ON CONFLICT DO UPDATE changes rows that older builds use")
      : additive),
  ];
}

/** UPDATE and DELETE. */
export function judgeChange(kind: "UPDATE" | "DELETE", statement: UpdateStmt | DeleteStmt, scope: Scope): Finding[] {
  if (scope.freshTables.has(nameOf(statement.relation)) && !statement.withClause) return additive;
  const extent = statement.whereClause ? "" : " without WHERE locks every row";
  return review(`${kind}${extent} changes rows that older builds use; ${BACKFILL_HINT}`);
}

/** A SELECT does nothing by itself, but a function it calls may do anything. */
export function judgeSelect(statement: SelectStmt, _scope: Scope): Finding[] {
  const calls = functionsCalled(statement);
  return [
    ...(calls.length > 0 ? review(`SELECT calls ${calls.join(", ")}(), which may do anything`) : additive),
    ...(statement.intoClause ? review("SELECT INTO copies data") : additive),
    ...(contains(statement, "LockingClause") ? locking("SELECT locks rows until the migration commits") : additive),
    ...(WRITING.some((kind) => contains(statement, kind)) ? review(`WITH changes data; ${BACKFILL_HINT}`) : additive),
  ];
}

/** TRUNCATE. */
export function judgeTruncate(statement: TruncateStmt, scope: Scope): Finding[] {
  const tables = (statement.relations ?? []).flatMap((node) => ("RangeVar" in node ? [nameOf(node.RangeVar)] : []));
  const existing = tables.filter((table) => !scope.freshTables.has(table));
  return existing.length === 0 ? additive : breaking(`empties ${existing.join(", ")}`);
}

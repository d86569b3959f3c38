import type {
  Constraint,
  CreateEnumStmt,
  CreateFunctionStmt,
  CreateStmt,
  CreateTrigStmt,
  IndexStmt,
  Node,
  ViewStmt,
} from "libpg-query";
import { judgeReference } from "./add-column.ts";
import { nameOf, nameOfParts, type Scope, stringsOf } from "./scope.ts";
import { additive, breaking, type Finding, locking, review } from "./verdict.ts";

/** CREATE TABLE. With IF NOT EXISTS the table may be an older one, so it does not count as fresh. */
export function judgeCreateTable(statement: CreateStmt, scope: Scope): Finding[] {
  const table = nameOf(statement.relation);
  if (!statement.if_not_exists) scope.freshTables.add(table);
  const constraints = constraintsIn(statement.tableElts ?? []);
  for (const { contype, conname } of constraints) {
    if (conname && (contype === "CONSTR_CHECK" || contype === "CONSTR_FOREIGN")) {
      scope.plainConstraints.add(`${table}.${conname}`);
    }
  }
  return [
    ...(statement.relation?.relpersistence === "t" ? review("a temporary table is state of the session") : additive),
    ...judgeParents(statement, scope),
    ...constraints.filter(({ contype }) => contype === "CONSTR_FOREIGN").flatMap((key) => judgeForeignKey(key, scope)),
  ];
}

function judgeParents(statement: CreateStmt, scope: Scope): Finding[] {
  const parents = (statement.inhRelations ?? []).flatMap((node) => ("RangeVar" in node ? [nameOf(node.RangeVar)] : []));
  const existing = parents.filter((parent) => !scope.freshTables.has(parent));
  if (existing.length === 0) return additive;
  return statement.partbound
    ? locking(`a partition of ${existing} locks it, and reads its default partition; ATTACH PARTITION locks less`)
    : review(`inherits from ${existing}: queries of older builds see its rows`);
}

function judgeForeignKey(constraint: Constraint, scope: Scope): Finding[] {
  return scope.freshTables.has(nameOf(constraint.pktable)) ? additive : judgeReference(constraint);
}

function constraintsIn(elements: readonly Node[]): Constraint[] {
  return elements.flatMap((element) => {
    if ("Constraint" in element) return [element.Constraint];
    return "ColumnDef" in element ? constraintsIn(element.ColumnDef.constraints ?? []) : [];
  });
}

/** CREATE INDEX. */
export function judgeCreateIndex(statement: IndexStmt, scope: Scope): Finding[] {
  const table = nameOf(statement.relation);
  const index = nameOf({ ...statement.relation, relname: statement.idxname ?? "?" });
  if (!statement.unique) scope.plainIndexes.add(index);
  if (scope.freshTables.has(table)) {
    scope.freshIndexes.add(index);
    return additive;
  }
  return [
    ...(statement.unique ? judgeUniqueIndex(statement, table, scope) : additive),
    ...(statement.concurrent
      ? judgeConcurrentForm(statement)
      : locking("CREATE INDEX without CONCURRENTLY blocks writers")),
  ];
}

/** NULLs are distinct: a key column that older builds leave NULL keeps them out of the index's way. */
function judgeUniqueIndex(statement: IndexStmt, table: string, scope: Scope): Finding[] {
  const columns = (statement.indexParams ?? []).flatMap((node) =>
    "IndexElem" in node ? [node.IndexElem.name ?? ""] : [],
  );
  const later = columns.filter((column) => scope.laterNullableColumns.has(`${table}.${column}`));
  if (later.length > 0 && !statement.nulls_not_distinct) {
    return review(`unique on ${later.join(", ")}, added later: safe as long as older builds do not write it`);
  }
  return breaking("a unique index on an existing table may reject what older builds write");
}

function judgeConcurrentForm(statement: IndexStmt): Finding[] {
  if (!statement.idxname) return breaking("a concurrent index needs a name: an interrupted build must be found again");
  if (!statement.if_not_exists) return breaking("CREATE INDEX CONCURRENTLY needs IF NOT EXISTS to be repeatable");
  return additive;
}

/** CREATE [OR REPLACE] FUNCTION and PROCEDURE. */
export function judgeCreateFunction(statement: CreateFunctionStmt, scope: Scope): Finding[] {
  const name = nameOfParts(stringsOf(statement.funcname));
  const known = scope.freshFunctions.has(name);
  scope.freshFunctions.add(name);
  if (!statement.replace || known) return additive;
  return review(`replaces function ${name}, which older builds may call; a changed function gets a new name`);
}

/** CREATE [OR REPLACE] VIEW. */
export function judgeCreateView(statement: ViewStmt, scope: Scope): Finding[] {
  const name = nameOf(statement.view);
  const known = scope.freshViews.has(name);
  scope.freshViews.add(name);
  if (!statement.replace || known) return additive;
  return review(`replaces view ${name}, which older builds may read; a changed view gets a new name`);
}

/** CREATE TRIGGER: how both shapes are kept equal, but also what makes an old build's INSERT fail. */
export function judgeCreateTrigger(statement: CreateTrigStmt, scope: Scope): Finding[] {
  const table = nameOf(statement.relation);
  scope.freshTriggers.add(`${table}.${statement.trigname}`);
  if (scope.freshTables.has(table)) return additive;
  return review(`trigger ${statement.trigname} fires on what older builds write to ${table}`);
}

/** CREATE TYPE … AS ENUM. */
export function judgeCreateEnum(statement: CreateEnumStmt, scope: Scope): Finding[] {
  const name = nameOfParts(stringsOf(statement.typeName));
  scope.enums.add(name);
  scope.freshTypes.add(name);
  return additive;
}

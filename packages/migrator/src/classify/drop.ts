import type { DropStmt, RenameStmt } from "libpg-query";
import { nameOf, nameOfParts, type Scope, stringsOf } from "./scope.ts";
import { additive, breaking, type Finding, locking, review } from "./verdict.ts";

/** DROP of anything: additive only for what the same file made. */
export function judgeDrop(statement: DropStmt, scope: Scope): Finding[] {
  const kind = (statement.removeType ?? "?").replace("OBJECT_", "").toLowerCase();
  return (statement.objects ?? []).flatMap((object) => {
    const parts = partsOf(object);
    if (statement.removeType === "OBJECT_INDEX") return judgeDropIndex(nameOfParts(parts), statement, scope);
    return isFresh(kind, parts, scope) ? additive : breaking(`drops ${kind} ${parts.join(".")}`);
  });
}

function judgeDropIndex(name: string, statement: DropStmt, scope: Scope): Finding[] {
  if (scope.freshIndexes.has(name)) return additive;
  const verdict = scope.plainIndexes.has(name)
    ? review(`queries of older builds may be slow without index ${name}`)
    : breaking(`drops index ${name}, which may be unique: ON CONFLICT of older builds may need it`);
  if (!statement.concurrent)
    return [...verdict, ...locking("DROP INDEX without CONCURRENTLY blocks readers and writers")];
  return statement.missing_ok ? verdict : breaking("DROP INDEX CONCURRENTLY needs IF EXISTS to be repeatable");
}

/** ALTER … RENAME. */
export function judgeRename(statement: RenameStmt, scope: Scope): Finding[] {
  if (scope.freshTables.has(nameOf(statement.relation))) return additive;
  const kind = (statement.renameType ?? "?").replace("OBJECT_", "").toLowerCase();
  const old = statement.subname ?? statement.relation?.relname ?? "?";
  if (statement.renameType === "OBJECT_INDEX") return review(`renames index ${old}`);
  return breaking(`renames ${kind} ${old}`);
}

function isFresh(kind: string, parts: string[], scope: Scope): boolean {
  switch (kind) {
    case "table":
      return scope.freshTables.has(nameOfParts(parts));
    case "view":
      return scope.freshViews.has(nameOfParts(parts));
    case "function":
      return scope.freshFunctions.has(nameOfParts(parts));
    case "type":
      return scope.freshTypes.has(nameOfParts(parts));
    case "trigger":
      return scope.freshTriggers.has(`${nameOfParts(parts.slice(0, -1))}.${parts.at(-1)}`);
    default:
      return false;
  }
}

/** The name of a dropped object: each kind of object has its own node for it. */
function partsOf(object: unknown): string[] {
  if (typeof object !== "object" || object === null) return [];
  if ("List" in object) return stringsOf((object as { List: { items?: [] } }).List.items);
  if ("ObjectWithArgs" in object)
    return stringsOf((object as { ObjectWithArgs: { objname?: [] } }).ObjectWithArgs.objname);
  if ("TypeName" in object) return stringsOf((object as { TypeName: { names?: [] } }).TypeName.names);
  if ("String" in object) return [(object as { String: { sval?: string } }).String.sval ?? ""];
  return [];
}

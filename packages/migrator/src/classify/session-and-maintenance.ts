import type { Node, ReindexStmt, VacuumStmt, VariableSetStmt } from "libpg-query";
import { additive, breaking, type Finding, locking, review } from "./verdict.ts";

/** Settings the runner itself makes for each transaction. */
const GUARDED_SETTINGS = new Set([
  "lock_timeout",
  "statement_timeout",
  "role",
  "session_authorization",
  "transaction_timeout",
]);

/** SET: behind a pooler in transaction mode, what is set for a session stays with a connection others get. */
export function judgeSetting(statement: VariableSetStmt): Finding[] {
  if (!statement.is_local)
    return breaking(`SET ${statement.name ?? "ALL"} without LOCAL outlives the migration behind a pooler`);
  return GUARDED_SETTINGS.has(statement.name ?? "") ? review(`overrides the runner's ${statement.name}`) : additive;
}

/** VACUUM and ANALYZE, which share a node. */
export function judgeMaintenance(statement: VacuumStmt): Finding[] {
  return hasOption(statement.options, "full") ? locking("VACUUM FULL rewrites the table") : additive;
}

/** REINDEX. An interrupted concurrent one leaves an invalid copy that can be found again only by the index's name. */
export function judgeReindex(statement: ReindexStmt): Finding[] {
  if (!hasOption(statement.params, "concurrently")) return locking("REINDEX without CONCURRENTLY blocks writers");
  if (statement.kind !== "REINDEX_OBJECT_INDEX")
    return breaking("REINDEX CONCURRENTLY must name one index to be repeatable");
  return additive;
}

/** Whether PostgreSQL runs the statement inside a transaction block; decided from the parsed statement, never declared. */
export function isTransactional(node: Node): boolean {
  if ("IndexStmt" in node) return !node.IndexStmt.concurrent;
  if ("DropStmt" in node) return !node.DropStmt.concurrent;
  if ("VacuumStmt" in node) return !node.VacuumStmt.is_vacuumcmd;
  if ("ReindexStmt" in node) {
    const single = ["REINDEX_OBJECT_INDEX", "REINDEX_OBJECT_TABLE"].includes(node.ReindexStmt.kind ?? "");
    return single && !hasOption(node.ReindexStmt.params, "concurrently");
  }
  if ("AlterTableStmt" in node) return !detachesConcurrently(node);
  const never = ["CreatedbStmt", "DropdbStmt", "AlterSystemStmt", "CreateTableSpaceStmt", "DropTableSpaceStmt"];
  return !never.some((kind) => kind in node);
}

function detachesConcurrently(node: Extract<Node, { AlterTableStmt: unknown }>): boolean {
  return (node.AlterTableStmt.cmds ?? []).some((command) => {
    const def = "AlterTableCmd" in command ? command.AlterTableCmd.def : undefined;
    return def !== undefined && "PartitionCmd" in def && def.PartitionCmd.concurrent === true;
  });
}

function hasOption(options: readonly Node[] | undefined, name: string): boolean {
  const found = (options ?? []).flatMap((node) => ("DefElem" in node ? [node.DefElem] : []));
  return found.some((option) => option.defname === name && !isSwitchedOff(option.arg));
}

function isSwitchedOff(argument: Node | undefined): boolean {
  if (!argument) return false;
  const value =
    "String" in argument ? argument.String.sval : "Boolean" in argument ? String(argument.Boolean.boolval) : "";
  return ["false", "off", "0"].includes(value ?? "");
}

import type { CreateStmt, DropStmt, IndexStmt, Node, RangeVar, ReindexStmt, RenameStmt } from "libpg-query";
import { nameOf, nameOfParts, stringsOf } from "../classify/scope.ts";
import { contains, functionsCalled } from "../classify/search-tree.ts";
import { isTransactional } from "../classify/session-and-maintenance.ts";
import { LOCK_MODES, type LockMode } from "./lock-modes.ts";
import { locksOfAlterTable } from "./locks-of-alter-table.ts";
import { type LockNeed, onTable, onTableOfIndex } from "./needs.ts";

/** What a statement needs, or undefined when it cannot be told. Locks on what the statement itself makes are left out. */
export function locksOfStatement(node: Node): LockNeed[] | undefined {
  return locksOfSchemaChange(node) ?? locksOfData(node) ?? locksOfMaintenance(node);
}

/** Statements that make or change descriptions nobody reads or writes a table under. */
const WITHOUT_TABLE = [
  "CreateSchemaStmt",
  "CreateSeqStmt",
  "CreateDomainStmt",
  "CreateExtensionStmt",
  "CreateStatsStmt",
  "CreateEnumStmt",
  "CompositeTypeStmt",
  "CreateFunctionStmt",
  "ViewStmt",
  "DefineStmt",
  "CommentStmt",
  "AlterEnumStmt",
  "AlterSeqStmt",
  "AlterFunctionStmt",
  "AlterDefaultPrivilegesStmt",
  "GrantStmt",
  "VariableSetStmt",
];

function locksOfSchemaChange(node: Node): LockNeed[] | undefined {
  if (WITHOUT_TABLE.some((kind) => kind in node)) return [];
  if ("AlterTableStmt" in node) return locksOfAlterTable(node.AlterTableStmt);
  if ("CreateStmt" in node) return locksOfCreateTable(node.CreateStmt);
  if ("IndexStmt" in node) return [lockOfIndex(node.IndexStmt)];
  if ("CreateTrigStmt" in node)
    return [onTable(nameOf(node.CreateTrigStmt.relation), "SHARE ROW EXCLUSIVE", "catalog")];
  if ("RenameStmt" in node) return locksOfRename(node.RenameStmt);
  if ("DropStmt" in node) return locksOfDrop(node.DropStmt, isTransactional(node));
  return undefined;
}

function locksOfData(node: Node): LockNeed[] | undefined {
  if ("UpdateStmt" in node) return [onTable(nameOf(node.UpdateStmt.relation), "ROW EXCLUSIVE", "rows")];
  if ("DeleteStmt" in node) return [onTable(nameOf(node.DeleteStmt.relation), "ROW EXCLUSIVE", "rows")];
  if ("InsertStmt" in node) {
    const constant = !contains(node.InsertStmt.selectStmt, "fromClause") && !contains(node.InsertStmt, "SubLink");
    return [onTable(nameOf(node.InsertStmt.relation), "ROW EXCLUSIVE", constant ? "catalog" : "unknown")];
  }
  if ("TruncateStmt" in node) return tablesOf(node.TruncateStmt.relations, "ACCESS EXCLUSIVE");
  if ("LockStmt" in node) return tablesOf(node.LockStmt.relations, LOCK_MODES[(node.LockStmt.mode ?? 0) - 1]);
  if ("SelectStmt" in node && functionsCalled(node).length === 0 && !contains(node, "LockingClause")) return [];
  return undefined;
}

function locksOfMaintenance(node: Node): LockNeed[] | undefined {
  if ("ReindexStmt" in node) return locksOfReindex(node.ReindexStmt, isTransactional(node));
  if ("ClusterStmt" in node) return [onTable(nameOf(node.ClusterStmt.relation), "ACCESS EXCLUSIVE", "rewrite")];
  if (!("VacuumStmt" in node)) return undefined;
  const full = (node.VacuumStmt.options ?? []).some(
    (option) => "DefElem" in option && option.DefElem.defname === "full",
  );
  const tables = (node.VacuumStmt.rels ?? []).flatMap((relation) =>
    "VacuumRelation" in relation ? [nameOf(relation.VacuumRelation.relation)] : [],
  );
  return tables.map((name) =>
    full ? onTable(name, "ACCESS EXCLUSIVE", "rewrite") : onTable(name, "SHARE UPDATE EXCLUSIVE", "scan"),
  );
}

function locksOfCreateTable(statement: CreateStmt): LockNeed[] {
  const constraints = (statement.tableElts ?? []).flatMap((element) =>
    "ColumnDef" in element ? (element.ColumnDef.constraints ?? []) : [element],
  );
  const references = constraints.flatMap((node) =>
    "Constraint" in node && node.Constraint.contype === "CONSTR_FOREIGN"
      ? [onTable(nameOf(node.Constraint.pktable), "SHARE ROW EXCLUSIVE", "catalog")]
      : [],
  );
  const parents = tablesOf(statement.inhRelations, statement.partbound ? "ACCESS EXCLUSIVE" : "SHARE UPDATE EXCLUSIVE");
  return [...references, ...parents];
}

function lockOfIndex({ relation, concurrent }: IndexStmt): LockNeed {
  return onTable(nameOf(relation), concurrent ? "SHARE UPDATE EXCLUSIVE" : "SHARE", "index");
}

function locksOfRename(statement: RenameStmt): LockNeed[] {
  const name = nameOf(statement.relation);
  if (statement.renameType === "OBJECT_INDEX") return [onTableOfIndex(name, "SHARE UPDATE EXCLUSIVE", "catalog")];
  return statement.relation ? [onTable(name, "ACCESS EXCLUSIVE", "catalog")] : [];
}

function locksOfDrop(statement: DropStmt, transactional: boolean): LockNeed[] {
  const mode = transactional ? "ACCESS EXCLUSIVE" : "SHARE UPDATE EXCLUSIVE";
  return (statement.objects ?? []).flatMap((object) => {
    const parts = "List" in object ? stringsOf(object.List.items) : [];
    if (statement.removeType === "OBJECT_INDEX") return [onTableOfIndex(nameOfParts(parts), mode, "catalog")];
    if (statement.removeType === "OBJECT_TABLE") return [onTable(nameOfParts(parts), mode, "catalog")];
    if (statement.removeType === "OBJECT_TRIGGER") return [onTable(nameOfParts(parts.slice(0, -1)), mode, "catalog")];
    return [];
  });
}

/** While an index is rebuilt in place, readers that would use it wait too. */
function locksOfReindex(statement: ReindexStmt, blocking: boolean): LockNeed[] | undefined {
  const mode = blocking ? "ACCESS EXCLUSIVE" : "SHARE UPDATE EXCLUSIVE";
  const name = nameOf(statement.relation);
  if (statement.kind === "REINDEX_OBJECT_INDEX") return [onTableOfIndex(name, mode, "index")];
  return statement.kind === "REINDEX_OBJECT_TABLE" ? [onTable(name, mode, "index")] : undefined;
}

function tablesOf(relations: readonly Node[] | undefined, mode: LockMode | undefined): LockNeed[] {
  const tables: RangeVar[] = (relations ?? []).flatMap((node) => ("RangeVar" in node ? [node.RangeVar] : []));
  return tables.map((table) => onTable(nameOf(table), mode ?? "ACCESS EXCLUSIVE", "catalog"));
}

import type { AlterTableCmd, AlterTableStmt, ColumnDef, Constraint } from "libpg-query";
import { nameOf, stringsOf } from "../classify/scope.ts";
import { possiblyVolatileCalls } from "../classify/search-tree.ts";
import { type LockMode, stronger } from "./lock-modes.ts";
import { type LockNeed, onTable, onTableOfIndex, type Work } from "./needs.ts";

/** Subcommands that let readers and writers pass. */
const SHARE_UPDATE = new Set([
  "AT_SetStatistics",
  "AT_SetOptions",
  "AT_ResetOptions",
  "AT_SetRelOptions",
  "AT_ResetRelOptions",
  "AT_ValidateConstraint",
  "AT_ClusterOn",
  "AT_DropCluster",
  "AT_AttachPartition",
]);
const TRIGGER_SWITCH = /^AT_(Enable|Disable)(Always|Replica)?Trig/;
const REWRITING = new Set([
  "AT_AlterColumnType",
  "AT_SetLogged",
  "AT_SetUnLogged",
  "AT_SetTableSpace",
  "AT_SetAccessMethod",
]);
const SERIAL = /^(big|small)?serial[248]?$/;

/** ALTER TABLE takes the strongest lock of its subcommands at once; references lock the other table too. */
export function locksOfAlterTable(statement: AlterTableStmt): LockNeed[] {
  const table = nameOf(statement.relation);
  const commands = (statement.cmds ?? []).flatMap((node) => ("AlterTableCmd" in node ? [node.AlterTableCmd] : []));
  if (statement.objtype === "OBJECT_INDEX") return [onTableOfIndex(table, "SHARE UPDATE EXCLUSIVE", "catalog")];
  const own = joined(commands.map((command) => needOf(command, table)));
  return [...own, ...commands.flatMap(locksOnOthers)];
}

/** One lock for all subcommands. */
function joined(needs: readonly LockNeed[]): LockNeed[] {
  const [first] = needs;
  if (first === undefined) return [];
  const unlessNotNull = needs.find((need) => need.unlessNotNull !== undefined)?.unlessNotNull;
  return [
    {
      object: first.object,
      mode: needs.map(({ mode }) => mode).reduce(stronger),
      work: needs.flatMap(({ work }) => work),
      ...(unlessNotNull === undefined || needs.length > 1 ? {} : { unlessNotNull }),
    },
  ];
}

function needOf(command: AlterTableCmd, table: string): LockNeed {
  const kind = command.subtype ?? "?";
  if (kind === "AT_SetNotNull" && command.name) {
    return { ...onTable(table, "ACCESS EXCLUSIVE", "scan"), unlessNotNull: command.name };
  }
  return onTable(table, modeOf(command, kind), workOf(command, kind));
}

function modeOf(command: AlterTableCmd, kind: string): LockMode {
  if (SHARE_UPDATE.has(kind)) return "SHARE UPDATE EXCLUSIVE";
  if (TRIGGER_SWITCH.test(kind) || constraintOf(command)?.contype === "CONSTR_FOREIGN") return "SHARE ROW EXCLUSIVE";
  const concurrently = command.def && "PartitionCmd" in command.def && command.def.PartitionCmd.concurrent;
  return concurrently ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE";
}

function workOf(command: AlterTableCmd, kind: string): Work {
  if (REWRITING.has(kind)) return "rewrite";
  if (kind === "AT_ValidateConstraint") return "scan";
  if (kind === "AT_AddColumn" && command.def && "ColumnDef" in command.def) return workOfColumn(command.def.ColumnDef);
  const constraint = kind === "AT_AddConstraint" ? constraintOf(command) : undefined;
  return constraint ? workOfConstraint(constraint) : "catalog";
}

/** A constant default is kept in the catalog; anything computed per row rewrites the table. */
function workOfColumn(column: ColumnDef): Work {
  const constraints = (column.constraints ?? []).flatMap((node) => ("Constraint" in node ? [node.Constraint] : []));
  const computed = constraints.some(
    ({ contype, raw_expr, generated_kind }) =>
      contype === "CONSTR_IDENTITY" ||
      (contype === "CONSTR_GENERATED" && generated_kind !== "v") ||
      (contype === "CONSTR_DEFAULT" && possiblyVolatileCalls(raw_expr).length > 0),
  );
  if (computed || SERIAL.test(stringsOf(column.typeName?.names).at(-1) ?? "")) return "rewrite";
  const works = constraints.map(workOfConstraint);
  return works.find((work) => work === "index") ?? works.find((work) => work === "scan") ?? "catalog";
}

function workOfConstraint(constraint: Constraint): Work {
  switch (constraint.contype) {
    case "CONSTR_PRIMARY":
    case "CONSTR_UNIQUE":
    case "CONSTR_EXCLUSION":
      return constraint.indexname ? "catalog" : "index";
    case "CONSTR_CHECK":
      return constraint.skip_validation || !constraint.is_enforced ? "catalog" : "scan";
    case "CONSTR_FOREIGN":
      return constraint.skip_validation || !constraint.is_enforced ? "catalog" : "scan";
    default:
      return "catalog";
  }
}

/** A reference adds triggers to the table it points to; a partition is read while nobody else may. */
function locksOnOthers(command: AlterTableCmd): LockNeed[] {
  const inColumn =
    command.def && "ColumnDef" in command.def
      ? (command.def.ColumnDef.constraints ?? []).flatMap((node) => ("Constraint" in node ? [node.Constraint] : []))
      : [];
  const constraints = [constraintOf(command), ...inColumn];
  const references = constraints.flatMap((constraint) =>
    constraint?.contype === "CONSTR_FOREIGN"
      ? [onTable(nameOf(constraint.pktable), "SHARE ROW EXCLUSIVE", "catalog")]
      : [],
  );
  const attached =
    command.subtype === "AT_AttachPartition" && command.def && "PartitionCmd" in command.def
      ? [onTable(nameOf(command.def.PartitionCmd.name), "ACCESS EXCLUSIVE", "scan")]
      : [];
  return [...references, ...attached];
}

function constraintOf(command: AlterTableCmd): Constraint | undefined {
  return command.def && "Constraint" in command.def ? command.def.Constraint : undefined;
}

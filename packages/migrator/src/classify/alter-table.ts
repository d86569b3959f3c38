import type { AlterTableCmd, AlterTableStmt, Constraint } from "libpg-query";
import { judgeAddColumn, judgeReference, staysNullForOlderBuilds } from "./add-column.ts";
import { nameOf, type Scope } from "./scope.ts";
import { additive, breaking, type Finding, locking, review } from "./verdict.ts";

/** Subcommands that neither change what builds see nor hold a lock for long. */
const HARMLESS = new Set([
  "AT_SetStatistics",
  "AT_SetOptions",
  "AT_ResetOptions",
  "AT_SetRelOptions",
  "AT_ResetRelOptions",
  "AT_SetStorage",
  "AT_SetCompression",
  // Reads the table, but under a lock that readers and writers do not notice.
  "AT_ValidateConstraint",
]);

const REWRITING = new Set(["AT_SetLogged", "AT_SetUnLogged", "AT_SetTableSpace", "AT_SetAccessMethod"]);

/** ALTER TABLE and its relatives. Whatever happens to a table made in the same file concerns no older build. */
export function judgeAlterTable(statement: AlterTableStmt, scope: Scope): Finding[] {
  const table = nameOf(statement.relation);
  const commands = (statement.cmds ?? []).flatMap((node) => ("AlterTableCmd" in node ? [node.AlterTableCmd] : []));
  if (statement.objtype === "OBJECT_INDEX" || statement.objtype === "OBJECT_SEQUENCE") {
    return commands.flatMap((command) => judgeOnIndexOrSequence(command, statement.objtype ?? ""));
  }
  if (statement.objtype !== "OBJECT_TABLE") return breaking(`unlisted ALTER of ${statement.objtype}`);
  for (const command of commands) remember(command, table, scope);
  if (scope.freshTables.has(table)) return commands.flatMap((command) => judgeOnFreshTable(command, scope));
  return commands.flatMap((command) => judgeCommand(command, table, scope));
}

/** A foreign key is the one thing on a fresh table that reaches into an existing one. */
function judgeOnFreshTable(command: AlterTableCmd, scope: Scope): Finding[] {
  const constraint = constraintOf(command);
  if (constraint?.contype !== "CONSTR_FOREIGN" || scope.freshTables.has(nameOf(constraint.pktable))) return additive;
  return judgeReference(constraint);
}

function judgeCommand(command: AlterTableCmd, table: string, scope: Scope): Finding[] {
  const kind = command.subtype ?? "?";
  if (HARMLESS.has(kind)) return additive;
  if (REWRITING.has(kind)) return locking(`${kind.slice(3)} rewrites the table`);
  switch (kind) {
    case "AT_AddColumn":
      return command.def && "ColumnDef" in command.def
        ? judgeAddColumn(command.def.ColumnDef, scope)
        : breaking("unreadable ADD COLUMN");
    case "AT_ColumnDefault":
      return command.def
        ? review(`new default of ${command.name}: rows written by older builds change`)
        : breaking(`drops the default of ${command.name}, which older builds rely on`);
    case "AT_DropNotNull":
      return review(`older builds may meet NULL in ${command.name}`);
    case "AT_SetNotNull":
      return breaking(`SET NOT NULL on ${command.name} may reject what older builds write`);
    case "AT_DropColumn":
      return breaking(`drops column ${command.name}`);
    case "AT_AlterColumnType":
      return breaking(`changes the type of ${command.name}`);
    case "AT_AddConstraint":
      return judgeAddConstraint(constraintOf(command));
    case "AT_DropConstraint":
      return judgeDropConstraint(command, table, scope);
    case "AT_AttachPartition":
      return judgeAttachPartition(command, scope);
    case "AT_DetachPartition":
      return breaking("detaches a partition: its rows vanish for older builds");
    case "AT_EnableTrig":
      return review("enables a trigger older builds will fire");
    case "AT_ChangeOwner":
      return review("changes the owner");
    default:
      return breaking(`unlisted ALTER TABLE command ${kind.slice(3)}`);
  }
}

function judgeAddConstraint(constraint: Constraint | undefined): Finding[] {
  if (!constraint) return breaking("unreadable ADD CONSTRAINT");
  const kind = (constraint.contype ?? "?").replace("CONSTR_", "");
  const enforceable = kind === "CHECK" || kind === "FOREIGN";
  if (enforceable && !constraint.is_enforced) return additive;
  const rejects = breaking(`new ${kind} constraint may reject what older builds write; add it in a contract file`);
  const scanned = ["CHECK", "FOREIGN", "NOTNULL"].includes(kind) && !constraint.skip_validation;
  return scanned ? [...rejects, ...locking(`${kind} constraint without NOT VALID reads the whole table`)] : rejects;
}

/** ON CONFLICT may name a UNIQUE constraint or infer it from its columns; CHECK and FOREIGN KEY cannot be missed. */
function judgeDropConstraint(command: AlterTableCmd, table: string, scope: Scope): Finding[] {
  if (scope.plainConstraints.has(`${table}.${command.name}`)) {
    return review(`without ${command.name}, older builds may meet rows they do not expect`);
  }
  return breaking(`drops constraint ${command.name}: ON CONFLICT of older builds may need it`);
}

function judgeAttachPartition(command: AlterTableCmd, scope: Scope): Finding[] {
  const partition = command.def && "PartitionCmd" in command.def ? command.def.PartitionCmd : undefined;
  if (scope.freshTables.has(nameOf(partition?.name))) return additive;
  return locking("attaching an existing table reads it, and the default partition, under a lock");
}

function judgeOnIndexOrSequence(command: AlterTableCmd, objectType: string): Finding[] {
  const kind = command.subtype ?? "?";
  if (HARMLESS.has(kind) || kind === "AT_AttachPartition") return additive;
  return breaking(`unlisted command ${kind.slice(3)} on ${objectType.replace("OBJECT_", "").toLowerCase()}`);
}

function remember(command: AlterTableCmd, table: string, scope: Scope): void {
  const constraint = constraintOf(command);
  if (constraint?.conname && ["CONSTR_CHECK", "CONSTR_FOREIGN"].includes(constraint.contype ?? "")) {
    scope.plainConstraints.add(`${table}.${constraint.conname}`);
  }
  if (command.subtype !== "AT_AddColumn" || !command.def || !("ColumnDef" in command.def)) return;
  const column = command.def.ColumnDef;
  if (staysNullForOlderBuilds(column)) scope.laterNullableColumns.add(`${table}.${column.colname}`);
}

function constraintOf(command: AlterTableCmd): Constraint | undefined {
  return command.def && "Constraint" in command.def ? command.def.Constraint : undefined;
}

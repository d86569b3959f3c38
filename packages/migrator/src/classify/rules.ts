import type { Node } from "libpg-query";
import { judgeAlterTable } from "./alter-table.ts";
import {
  judgeCreateEnum,
  judgeCreateFunction,
  judgeCreateIndex,
  judgeCreateTable,
  judgeCreateTrigger,
  judgeCreateView,
} from "./create.ts";
import { judgeChange, judgeInsert, judgeSelect, judgeTruncate } from "./data.ts";
import { judgeDrop, judgeRename } from "./drop.ts";
import { nameOf, nameOfParts, type Scope, stringsOf } from "./scope.ts";
import { judgeMaintenance, judgeReindex, judgeSetting } from "./session-and-maintenance.ts";
import { additive, breaking, type Finding, locking, review } from "./verdict.ts";

type Kind = Node extends infer N ? (N extends unknown ? keyof N : never) : never;
type Body<K extends Kind> = Extract<Node, Record<K, unknown>>[K];
type Rules = { [K in Kind]?: (statement: Body<K>, scope: Scope) => Finding[] };

/** One rule per statement of PostgreSQL's grammar. What is not listed is breaking. */
const RULES: Rules = {
  CreateStmt: judgeCreateTable,
  CreateTableAsStmt: () => review("CREATE … AS copies data"),
  CreateSchemaStmt: (statement) => (statement.schemaElts?.length ? review("CREATE SCHEMA with contents") : additive),
  CreateSeqStmt: () => additive,
  CreateDomainStmt: () => additive,
  CreateExtensionStmt: () => additive,
  CreateStatsStmt: () => additive,
  CreateEnumStmt: judgeCreateEnum,
  CompositeTypeStmt: (statement, scope) => {
    scope.freshTypes.add(nameOf(statement.typevar));
    return additive;
  },
  CreateFunctionStmt: judgeCreateFunction,
  ViewStmt: judgeCreateView,
  CreateTrigStmt: judgeCreateTrigger,
  DefineStmt: () => review("a new operator, aggregate or collation may change what a query of an older build means"),
  IndexStmt: judgeCreateIndex,
  CommentStmt: () => additive,
  AlterTableStmt: judgeAlterTable,
  AlterEnumStmt: (statement, scope) => {
    if (scope.freshTypes.has(nameOfParts(stringsOf(statement.typeName)))) return additive;
    if (statement.oldVal) return breaking(`renames enum value ${statement.oldVal}`);
    return review(
      `older builds must tolerate the value ${statement.newVal}; write it behind a gate, never in this file`,
    );
  },
  AlterSeqStmt: () => review("changes a sequence older builds use"),
  AlterFunctionStmt: () => review("changes a function older builds may call"),
  AlterOwnerStmt: () => review("changes an owner"),
  AlterDefaultPrivilegesStmt: () => review("changes default privileges"),
  RenameStmt: judgeRename,
  DropStmt: judgeDrop,
  TruncateStmt: judgeTruncate,
  GrantStmt: (statement) => (statement.is_grant ? additive : breaking("revokes a privilege")),
  InsertStmt: judgeInsert,
  UpdateStmt: (statement, scope) => judgeChange("UPDATE", statement, scope),
  DeleteStmt: (statement, scope) => judgeChange("DELETE", statement, scope),
  MergeStmt: () => review("MERGE changes data; a backfill belongs in a workflow"),
  SelectStmt: judgeSelect,
  DoStmt: () => review("what a DO block does cannot be told"),
  CallStmt: () => review("what a procedure does cannot be told"),
  LockStmt: () => locking("LOCK TABLE holds its lock until the migration commits"),
  VariableSetStmt: judgeSetting,
  VacuumStmt: judgeMaintenance,
  ReindexStmt: judgeReindex,
  ClusterStmt: () => locking("CLUSTER rewrites the table"),
  RefreshMatViewStmt: (statement) =>
    statement.concurrent
      ? review("refreshes a view; it may take long")
      : locking("REFRESH without CONCURRENTLY blocks readers"),
  TransactionStmt: () => breaking("the runner begins and commits; a file must not"),
};

/** Judges one parsed statement and notes in the scope what it establishes. */
export function judge(node: Node, scope: Scope): { kind: string; findings: Finding[] } {
  const [kind, body] = Object.entries(node)[0] ?? ["?", undefined];
  const rule = RULES[kind as Kind] as ((statement: unknown, scope: Scope) => Finding[]) | undefined;
  return { kind, findings: rule ? rule(body, scope) : breaking(`unlisted statement ${kind}`) };
}

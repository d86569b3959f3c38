import type { AlterTableCmd, Constraint, Node } from "libpg-query";
import { nameOf, stringsOf } from "../classify/scope.ts";
import { nodesBelow } from "../classify/search-tree.ts";

/** What earlier statements of a plan will have done to the database by the time a later one runs. */
export class PlanKnowledge {
  readonly #freshTables = new Set<string>();
  /** `table.constraint` → the column it proves free of NULL once it is valid. */
  readonly #checks = new Map<string, string>();
  readonly #notNull = new Set<string>();

  isFresh(table: string): boolean {
    return this.#freshTables.has(table);
  }

  isNotNull(table: string, column: string): boolean {
    return this.#notNull.has(`${table}.${column}`);
  }

  learn(node: Node): void {
    if ("CreateStmt" in node && !node.CreateStmt.if_not_exists) this.#freshTables.add(nameOf(node.CreateStmt.relation));
    if (!("AlterTableStmt" in node)) return;
    const table = nameOf(node.AlterTableStmt.relation);
    for (const command of node.AlterTableStmt.cmds ?? []) {
      if ("AlterTableCmd" in command) this.#learnCommand(table, command.AlterTableCmd);
    }
  }

  #learnCommand(table: string, { subtype, name, def }: AlterTableCmd): void {
    const constraint = def && "Constraint" in def ? def.Constraint : undefined;
    const column = columnProvenBy(constraint);
    if (subtype === "AT_AddConstraint" && constraint?.conname && column) {
      this.#checks.set(`${table}.${constraint.conname}`, column);
      if (!constraint.skip_validation) this.#notNull.add(`${table}.${column}`);
    }
    const validated = subtype === "AT_ValidateConstraint" ? this.#checks.get(`${table}.${name}`) : undefined;
    if (validated) this.#notNull.add(`${table}.${validated}`);
  }
}

/** The column of `check (column is not null)`. */
function columnProvenBy(constraint: Constraint | undefined): string | undefined {
  const expression = constraint?.contype === "CONSTR_CHECK" ? constraint.raw_expr : undefined;
  if (!expression || !("NullTest" in expression) || expression.NullTest.nulltesttype !== "IS_NOT_NULL")
    return undefined;
  const [reference] = nodesBelow(expression.NullTest, "ColumnRef") as { fields?: Node[] }[];
  return stringsOf(reference?.fields).at(-1);
}

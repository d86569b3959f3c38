import type { ColumnDef, Constraint, TypeName } from "libpg-query";
import { nameOfParts, type Scope, stringsOf } from "./scope.ts";
import { columnsReferred, contains, functionsCalled, nodesBelow, possiblyVolatileCalls } from "./search-tree.ts";
import { additive, breaking, type Finding, locking, review } from "./verdict.ts";

/** Types of the catalog that cannot be a domain with constraints (which would be checked row by row). */
const BUILT_IN_TYPES = new Set(
  `bit bool box bpchar bytea cidr circle date daterange float4 float8 inet int2 int4 int4range int8 int8range interval
   json jsonb jsonpath line lseg macaddr macaddr8 money name numeric numrange oid path pg_lsn point polygon text time
   timestamp timestamptz timetz tsquery tsrange tstzrange tsvector uuid varbit varchar xml`.split(/\s+/),
);
const NULL_REJECTING_NODES = ["NullTest", "BooleanTest", "CoalesceExpr", "CaseExpr", "SubLink", "RowExpr"];
const NULL_IN_NULL_OUT = new Set(["length", "char_length", "octet_length", "lower", "upper", "btrim", "jsonb_typeof"]);
const SERIAL_TYPES = new Set(["serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"]);

/** ALTER TABLE … ADD COLUMN on a table that older builds use. */
export function judgeAddColumn(column: ColumnDef, scope: Scope): Finding[] {
  const constraints = (column.constraints ?? []).flatMap((node) => ("Constraint" in node ? [node.Constraint] : []));
  const types = new Set(constraints.map((constraint) => constraint.contype));
  const hasDefault = types.has("CONSTR_DEFAULT");
  const name = column.colname ?? "?";
  const filled =
    hasDefault || types.has("CONSTR_IDENTITY") || types.has("CONSTR_GENERATED") || isSerial(column.typeName);
  return [
    ...(types.has("CONSTR_NOTNULL") && !filled
      ? breaking(`new column ${name} is NOT NULL without a default: older builds do not fill it`)
      : additive),
    ...judgeType(column, scope),
    ...constraints.flatMap((constraint) => judgeConstraint(constraint, name, hasDefault)),
  ];
}

/** True when what an older build inserts holds NULL in the new column. */
export function staysNullForOlderBuilds(column: ColumnDef): boolean {
  const kinds = (column.constraints ?? []).flatMap((node) => ("Constraint" in node ? [node.Constraint.contype] : []));
  const filling = new Set(["CONSTR_DEFAULT", "CONSTR_IDENTITY", "CONSTR_GENERATED", "CONSTR_NOTNULL"]);
  return !isSerial(column.typeName) && !kinds.some((kind) => filling.has(kind ?? ""));
}

function isSerial(type: TypeName | undefined): boolean {
  return SERIAL_TYPES.has(stringsOf(type?.names).at(-1) ?? "");
}

function judgeType(column: ColumnDef, scope: Scope): Finding[] {
  const parts = stringsOf(column.typeName?.names);
  const last = parts.at(-1) ?? "?";
  if (isSerial(column.typeName)) return locking(`the sequence of ${column.colname} rewrites the table`);
  if (parts[0] === "pg_catalog" || BUILT_IN_TYPES.has(last) || scope.enums.has(nameOfParts(parts))) return additive;
  return locking(`type ${last} is not known here; a domain with constraints is checked row by row`);
}

function judgeConstraint(constraint: Constraint, column: string, hasDefault: boolean): Finding[] {
  switch (constraint.contype) {
    case "CONSTR_NULL":
    case "CONSTR_NOTNULL":
      return additive;
    case "CONSTR_DEFAULT":
      return judgeDefault(constraint, column);
    case "CONSTR_IDENTITY":
      return locking(`the identity of ${column} rewrites the table`);
    case "CONSTR_GENERATED":
      return constraint.generated_kind === "v" ? additive : locking(`the stored value of ${column} rewrites the table`);
    case "CONSTR_UNIQUE":
      return hasDefault || constraint.nulls_not_distinct
        ? breaking(`UNIQUE on new column ${column}: all existing rows hold the same value`)
        : locking(`UNIQUE on new column ${column} builds its index under an exclusive lock`);
    case "CONSTR_PRIMARY":
      return breaking(`PRIMARY KEY on new column ${column}: older builds do not fill it`);
    case "CONSTR_CHECK":
      return judgeCheck(constraint, column);
    case "CONSTR_FOREIGN":
      return [
        ...(hasDefault ? locking(`the default of ${column} is checked against the other table row by row`) : additive),
        ...judgeReference(constraint),
      ];
    default:
      return breaking(`unlisted column constraint ${constraint.contype}`);
  }
}

function judgeDefault(constraint: Constraint, column: string): Finding[] {
  const calls = possiblyVolatileCalls(constraint.raw_expr);
  if (calls.length === 0) return additive;
  return locking(`default of ${column} calls ${calls.join(", ")}(), which may be volatile: the table is rewritten`);
}

function judgeCheck(constraint: Constraint, column: string): Finding[] {
  const others = columnsReferred(constraint.raw_expr).filter((referred) => referred !== column);
  if (others.length > 0) return breaking(`CHECK on ${others.join(", ")} may reject what older builds write`);
  if (mayRejectNull(constraint.raw_expr))
    return breaking(`CHECK on new column ${column} may reject the NULL that older builds leave`);
  return locking(`CHECK on new column ${column} is verified row by row under an exclusive lock`);
}

/** A check of plain comparisons is not false for NULL, so it passes; tests for NULL and unknown functions may be. */
function mayRejectNull(expression: unknown): boolean {
  return (
    NULL_REJECTING_NODES.some((kind) => contains(expression, kind)) ||
    functionsCalled(expression).some((name) => !NULL_IN_NULL_OUT.has(name)) ||
    nodesBelow(expression, "A_Expr").some((node) => /DISTINCT/.test((node as { kind?: string }).kind ?? ""))
  );
}

/** A foreign key to a table that older builds delete from: unless it cascades, their DELETE may now fail. */
export function judgeReference(constraint: Constraint): Finding[] {
  const CASCADING = new Set(["c", "n", "d"]);
  if (CASCADING.has(constraint.fk_del_action ?? "a")) return additive;
  return review(
    `reference to ${constraint.pktable?.relname} without ON DELETE CASCADE or SET NULL: deletes by older builds may fail`,
  );
}

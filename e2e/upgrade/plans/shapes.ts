import type { Check } from "../../harness/witness/checks.ts";

/** Where a release keeps data in two shapes until finalize. */
interface Shapes {
  /** Exact counts of rows in which they differ. */
  readonly checks: readonly Check[];
  /** How many rows were compared, and how many of them the old release wrote behind the backfill: a text and two numbers. */
  readonly compared: string;
}

/** By the pair of releases; asked after the way there, back and there again. */
const SHAPES: Readonly<Record<string, Shapes>> = {
  "0.1.0 → 0.2.0": {
    checks: [
      {
        promise: "a component's licence is the same as texts and as a reference",
        violations: `select c.uuid::text, c.license_id, c.license from component c
          left join component_license l on l.id = c.license_id
          where c.license_id is not null and (l.id is null or
            (l.name, l.expression, l.url) is distinct from (c.license, c.license_expression, c.license_url))`,
      },
    ],
    compared: `select 'licences of components' as what, count(*)::int as rows,
      count(*) filter (where license_id is null)::int as pending from component`,
  },
};

const NONE: Shapes = { checks: [], compared: "select 'nothing' as what, 0 as rows, 0 as pending" };

/** What must hold of both shapes while the older of two releases may still come back. */
export function shapesOf(oldVersion: string, newVersion: string): Shapes {
  return SHAPES[`${oldVersion} → ${newVersion}`] ?? NONE;
}

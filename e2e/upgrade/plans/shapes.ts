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
  "0.3.0 → 0.4.0": {
    checks: [
      {
        promise: "a component's details are the same as JSON and as a reference",
        violations: `select c.uuid::text, c.detail_id, c.detail::text from component c
          left join component_detail d on d.id = c.detail_id
          where c.detail_id is not null and d.content is distinct from coalesce(c.detail, '{}')`,
      },
    ],
    compared: `select 'details of components' as what, count(*)::int as rows,
      count(*) filter (where detail_id is null)::int as pending from component`,
  },
};

const NONE: Shapes = { checks: [], compared: "select 'nothing' as what, 0 as rows, 0 as pending" };

/** What must hold of both shapes while the older of two releases may still come back. */
export function shapesOf(oldVersion: string, newVersion: string): Shapes {
  return SHAPES[`${oldVersion} → ${newVersion}`] ?? NONE;
}

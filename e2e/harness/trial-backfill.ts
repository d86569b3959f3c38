/** A build that has a backfill more, and the table it works on: what tests and measurements need that no release has. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { replaceIn } from "./build-release.ts";
import { type Build, buildOf } from "./derived-build.ts";
import { nextVersion, WORK_TREE, workTreeVersion } from "./releases.ts";

/** As the API knows it. */
export const TRIAL_BACKFILL = "trial";

const SOURCE = `import { executorOf } from "../platform/db/executor.ts";
import type { Backfill } from "../features/upgrades/index.ts";

/** Every row gets its text in another column; \`times\` counts how often. */
export const trialBackfill: Backfill = {
  name: "${TRIAL_BACKFILL}",
  release: "0.1.0",
  async batch(tx, cursor, limit) {
    const { rows } = await executorOf(tx).query<{ last: number | null; rows: number }>(
      \`with next as (select id from backfill_trial where id > $1 order by id limit $2 for no key update),
         changed as (update backfill_trial t set new_text = upper(old_text), times = times + 1 from next
           where t.id = next.id returning t.id)
       select max(id) as last, count(*) as rows from changed\`, [Number(cursor ?? 0), limit]);
    const { last, rows: done } = rows[0] ?? { last: null, rows: 0 };
    return { cursor: done < limit ? null : last, rows: done };
  },
  async remaining(db) {
    const { rows } = await executorOf(db).query<{ n: number }>(
      "select count(*) as n from backfill_trial where new_text is null");
    return rows[0]?.n ?? 0;
  },
  async estimate(db) {
    const { rows } = await executorOf(db).query<{ n: number }>(
      "select greatest(reltuples, 0)::int8 as n from pg_class where oid = 'backfill_trial'::regclass");
    return rows[0]?.n ?? 0;
  },
};
`;

/** The next release after the work tree, with the backfill; its table must be there before an instance starts. */
export function trialBackfillBuild(): Promise<Build> {
  return buildOf(WORK_TREE, {
    version: nextVersion(workTreeVersion()),
    patch(directory) {
      const boot = join(directory, "apps/server/src/boot");
      writeFileSync(join(boot, "trial-backfill.ts"), SOURCE);
      replaceIn(join(boot, "backfills.ts"), "readonly Backfill[] = [", "readonly Backfill[] = [trialBackfill, ");
      replaceIn(join(boot, "backfills.ts"), /^/, 'import { trialBackfill } from "./trial-backfill.ts";\n');
    },
  });
}

/** The table with so many rows in the old shape, analysed. */
export async function createTrialRows(client: pg.Client, rows: number): Promise<void> {
  await client.query(`create table backfill_trial
    (id bigint primary key, old_text text not null, new_text text, times int not null default 0)`);
  await client.query(
    "insert into backfill_trial (id, old_text) select n, 'row ' || md5(n::text) from generate_series(1, $1::int) n",
    [rows],
  );
  await client.query("vacuum analyze backfill_trial");
}

import { buildOf } from "../../harness/derived-build.ts";
import { nextVersion, RELEASES, WORK_TREE, workTreeVersion } from "../../harness/releases.ts";
import type { Releases } from "./actions.ts";

/** What the next release brings while there is none: a column no old release knows of. */
const PROBE = {
  name: "209901010000__probe_next_release.sql",
  sql: "-- phase: expand\nalter table cluster_instance add column if not exists probe text;\n",
};

/**
 * The release before and the work tree. As long as no release comes before the version of the work tree, the new release is one
 * derived from it: the next version, with one more migration.
 */
export async function releasePair(
  asked: { from?: string | undefined; to?: string | undefined } = {},
): Promise<Releases> {
  const before = asked.from ?? RELEASES.findLast(({ version }) => version !== workTreeVersion())?.version;
  if (before !== undefined) return { old: await buildOf(before), new: await buildOf(asked.to ?? WORK_TREE) };
  const of = asked.to ?? WORK_TREE;
  const next = { version: nextVersion(workTreeVersion()), addMigrations: [PROBE] };
  return { old: await buildOf(of), new: await buildOf(of, next) };
}

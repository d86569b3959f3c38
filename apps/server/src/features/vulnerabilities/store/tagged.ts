import { sql } from "kysely";
import type { Db } from "../../../platform/db/index.ts";

/** A vulnerability by its names. */
export interface NamedVulnerability {
  id: number;
  uuid: string;
  source: string;
  vulnId: string;
}

/** What lists of tagged vulnerabilities are sorted by. */
export type TaggedOrder = "vuln_id" | "source" | "uuid";

interface TaggedPage {
  offset: number;
  limit: number;
  sort: TaggedOrder;
  descending: boolean;
  searchText: string | undefined;
}

/** One page of the vulnerabilities that carry a tag, and how many do; searches in ids, ignoring case. Unknown tags have none. */
export async function taggedVulnerabilities(
  db: Db,
  tag: string,
  { offset, limit, sort, descending, searchText }: TaggedPage,
): Promise<{ total: number; rows: NamedVulnerability[] }> {
  const pattern = `%${(searchText ?? "").replaceAll(/[\\%_]/g, "\\$&")}%`;
  const direction = sql.raw(descending ? "desc" : "asc");
  const tagged = sql`from vulnerability v
    where v.id in (select vt.vulnerability_id from vulnerability_tag vt join tag t on t.id = vt.tag_id where t.name = ${tag})
      and v.vuln_id ilike ${pattern}`;
  const { rows: totals } = await sql<{ total: number }>`/* vulnerabilities.countTagged */
    select count(*) as total ${tagged}`.execute(db);
  const { rows } = await sql<NamedVulnerability>`/* vulnerabilities.tagged */
    select v.id, v.uuid, v.source, v.vuln_id as "vulnId" ${tagged}
    order by v.${sql.raw(sort)} ${direction}, v.vuln_id ${direction}, v.id ${direction} limit ${limit} offset ${offset}`.execute(
    db,
  );
  return { total: totals[0]?.total ?? 0, rows };
}

import type { TaggedVulnerability, VulnerabilityResponse } from "@evertrack/contract/v1/vulnerability";
import type { Db } from "../../../platform/db/index.ts";
import { type Page, sortColumn } from "../../../platform/http/index.ts";
import { presentVulnerability } from "../presentation.ts";
import { vulnerabilityDetails } from "../store/reading.ts";
import { taggedVulnerabilities } from "../store/tagged.ts";

const SORT_COLUMNS = { vulnId: "vuln_id", source: "source", uuid: "uuid" } as const;
/** Vulnerabilities in one answer without pages; the total tells that there are more, and `/tag/{name}/vulnerability` has pages. */
const SHOWN_MAX = 1_000;

/** One page of the names of what carries a tag, and how many do. */
export async function namesOfTagged(
  db: Db,
  tag: string,
  page: Page,
): Promise<{ total: number; items: TaggedVulnerability[] }> {
  const { total, rows } = await taggedVulnerabilities(db, tag, {
    ...page,
    sort: sortColumn(page, SORT_COLUMNS, "vuln_id"),
  });
  return { total, items: rows.map(({ uuid, source, vulnId }) => ({ uuid, source, vulnId })) };
}

/** What carries a tag, by id, and how much does. */
export async function tagged(db: Db, tag: string): Promise<{ total: number; items: VulnerabilityResponse[] }> {
  const all = { offset: 0, limit: SHOWN_MAX, sort: "vuln_id", descending: false, searchText: undefined } as const;
  const { total, rows } = await taggedVulnerabilities(db, tag, all);
  const details = await vulnerabilityDetails(
    db,
    rows.map(({ id }) => id),
  );
  const byId = new Map(details.map((one) => [one.id, one]));
  const items = rows.flatMap(({ id }) => {
    const known = byId.get(id);
    return known === undefined ? [] : [presentVulnerability(known)];
  });
  return { total, items };
}

import type { LicenseGroupResponse } from "@evertrack/contract/v1/license-group";
import type { Db } from "../../../platform/db/index.ts";
import { groupNotFound } from "../errors.ts";
import * as store from "../store/groups.ts";

/** What lists of groups can be sorted by, for routes. */
export { GROUP_SORT_COLUMNS as GROUP_SORT_NAMES } from "../store/groups.ts";

/** One page of all groups, and how many there are. */
export async function groupsPage(
  db: Db,
  page: store.GroupPage,
): Promise<{ items: LicenseGroupResponse[]; total: number }> {
  const [items, total] = await Promise.all([store.listGroups(db, page), store.countGroups(db, page.searchText)]);
  return { items, total };
}

/** The group with this UUID; 404 when there is none. */
export async function requireGroup(db: Db, uuid: string): Promise<LicenseGroupResponse> {
  const group = await store.readGroup(db, uuid);
  if (group === undefined) throw groupNotFound();
  return group;
}

import type { CweResponse } from "@evertrack/contract/v1/cwe";
import { searchWeaknesses, WEAKNESSES, weaknessOf } from "@evertrack/matching";
import { type Page, PlainError, sortColumn } from "../../../platform/http/index.ts";

const SORT_MEMBERS = { cweId: "cweId", name: "name" } as const;

/** One page of all weaknesses, by id unless told otherwise, and how many there are. */
export function listWeaknesses(page: Page): { total: number; items: CweResponse[] } {
  const member = sortColumn(page, SORT_MEMBERS, "cweId");
  const found = page.searchText === undefined ? [...WEAKNESSES] : searchWeaknesses(page.searchText);
  const sorted = member === "name" ? found.sort((a, b) => (a.name < b.name ? -1 : 1)) : found;
  if (page.descending) sorted.reverse();
  return { total: sorted.length, items: sorted.slice(page.offset, page.offset + page.limit) };
}

/** A weakness by id; 404 when the list has none. */
export function requireWeakness(cweId: number): CweResponse {
  const { name } = weaknessOf(cweId);
  if (name === undefined) throw new PlainError(404, "The CWE could not be found.");
  return { cweId, name };
}

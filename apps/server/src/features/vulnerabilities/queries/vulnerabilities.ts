import type { VulnerabilityResponse } from "@evertrack/contract/v1/vulnerability";
import type { Db } from "../../../platform/db/index.ts";
import { type Page, sortColumn } from "../../../platform/http/index.ts";
import { vulnerabilityNotFound } from "../errors.ts";
import { presentVulnerability } from "../presentation.ts";
import { affectedCpes } from "../store/affected-cpes.ts";
import * as store from "../store/reading.ts";

/** Packages, and as many CPE names. */
const AFFECTED_SHOWN_MAX = 1_000;
const SORT_COLUMNS = { vulnId: "vuln_id", severity: "severity", published: "published", title: "title" } as const;

/** By source and id; 404 when there is none. */
export async function vulnerabilityByName(db: Db, source: string, vulnId: string): Promise<VulnerabilityResponse> {
  return present(db, await store.findVulnerability(db, source.toUpperCase(), vulnId));
}

/** By UUID; 404 when there is none. */
export async function vulnerabilityByUuid(db: Db, uuid: string): Promise<VulnerabilityResponse> {
  return present(db, await store.findVulnerabilityByUuid(db, uuid));
}

async function present(db: Db, found: store.VulnerabilityDetails | undefined): Promise<VulnerabilityResponse> {
  if (found === undefined) throw vulnerabilityNotFound();
  const packages = await store.affectedPackages(db, found.id, AFFECTED_SHOWN_MAX);
  const cpes = await affectedCpes(db, found.id, AFFECTED_SHOWN_MAX);
  return presentVulnerability(found, packages, cpes);
}

/** One page of all vulnerabilities without what they affect, and how many there are. */
export async function listVulnerabilities(
  db: Db,
  page: Page,
): Promise<{ total: number; items: VulnerabilityResponse[] }> {
  const sort = sortColumn(page, SORT_COLUMNS, "vuln_id");
  const { total, rows } = await store.listVulnerabilities(db, { ...page, sort });
  return { total, items: rows.map((row) => presentVulnerability(row)) };
}

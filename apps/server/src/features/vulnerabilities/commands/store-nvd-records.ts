import type { Tx } from "../../../platform/db/index.ts";
import { appendEvents } from "../../../platform/outbox/index.ts";
import { advisoriesChanged } from "../events.ts";
import { NVD, NVD_RECORDS } from "../nvd-state.ts";
import { affectedCpeRows, nvdVulnerabilityRow, type ReadNvdRecord } from "../rules/nvd-rows.ts";
import { canonicalTime } from "../rules/osv-listing.ts";
import { affectedPackageKeys, upsertVulnerabilities } from "../store/advisories.ts";
import { writeAdvisoryRecords } from "../store/advisory-records.ts";
import * as cpes from "../store/affected-cpes.ts";
import type { BatchReport } from "./store-advisories.ts";

/**
 * Stores a batch of NVD's records: the vulnerabilities with what they affect by CPE, what the mirror remembers, and one event.
 * The packages that OSV names for them stay. Stored again, a batch changes nothing and tells nothing.
 */
export async function storeNvdRecords(tx: Tx, eventId: string, batch: readonly ReadNvdRecord[]): Promise<BatchReport> {
  const written = await upsertVulnerabilities(tx, batch.map(nvdVulnerabilityRow));
  const byId = new Map(batch.map((read) => [read.record.id, read]));
  const changed = written.flatMap(({ id, inserted, vuln_id }) => {
    const record = byId.get(vuln_id)?.record;
    return record === undefined ? [] : [{ id, inserted, record }];
  });
  if (changed.length > 0) {
    const ids = changed.map(({ id }) => id);
    const before = await cpes.affectedCpeProducts(tx, ids);
    const rows = changed.map(({ id, record }) => affectedCpeRows(id, record));
    await cpes.writeAffectedCpes(tx, rows.flat());
    await cpes.trimAffectedCpes(
      tx,
      ids.map((id, index) => ({ id, affected: rows[index]?.length ?? 0 })),
    );
    const now = rows.flat().map(({ product_key }) => product_key);
    const cpeProducts = [...new Set([...before, ...now])].sort();
    const packageKeys = (await affectedPackageKeys(tx, ids)).sort();
    await appendEvents(tx, [advisoriesChanged(eventId, { vulnerabilityIds: ids, packageKeys, cpeProducts })]);
  }
  await writeAdvisoryRecords(tx, NVD, NVD_RECORDS, batch.map(recordOf));
  const standing = changed.filter(({ record }) => !record.isRejected);
  const added = standing.filter(({ inserted }) => inserted).length;
  return {
    new: added,
    updated: standing.length - added,
    unchanged: batch.length - changed.length,
    withdrawn: changed.length - standing.length,
  };
}

function recordOf({ record, digest }: ReadNvdRecord) {
  return { source: "NVD", vuln_id: record.id, modified: canonicalTime(record.modified), digest };
}

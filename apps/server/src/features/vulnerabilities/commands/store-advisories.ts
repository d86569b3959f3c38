import type { Tx } from "../../../platform/db/index.ts";
import { appendEvents } from "../../../platform/outbox/index.ts";
import { advisoriesChanged } from "../events.ts";
import { affectedRows, aliasRows, type ReadAdvisory, sourceOf, vulnerabilityRow } from "../rules/advisory-rows.ts";
import { canonicalTime } from "../rules/osv-listing.ts";
import * as advisories from "../store/advisories.ts";
import * as records from "../store/advisory-records.ts";
import { affectedCpeProducts } from "../store/affected-cpes.ts";
import { assertAliases } from "./assert-aliases.ts";

/** Where advisories come from and what to tell about them. */
export interface Origin {
  /** Name of the data source, e.g. `osv`. */
  mirror: string;
  ecosystem: string;
  /** Whether what the advisories say about aliases is taken over. */
  aliases: boolean;
  /** Of the event the batch causes, if it changes anything. */
  eventId: string;
  /** Sources whose own mirror is at work: what they say of a vulnerability stays. Aliases are added to it, and packages where NVD is the owner. */
  ownedSources: readonly string[];
}

/** What became of a batch; each advisory counts once. */
export interface BatchReport {
  new: number;
  updated: number;
  unchanged: number;
  withdrawn: number;
}

/**
 * Stores a batch of advisories: the vulnerabilities with what they affect and their aliases, what the mirror remembers, and
 * one event. Stored again, a batch changes nothing and tells nothing.
 */
export async function storeAdvisories(tx: Tx, origin: Origin, batch: readonly ReadAdvisory[]): Promise<BatchReport> {
  const written = await advisories.upsertVulnerabilities(tx, batch.map(vulnerabilityRow), origin.ownedSources);
  const owned = batch.map(({ advisory }) => nameOfOwned(advisory, origin.ownedSources)).filter((name) => name !== null);
  const kept = await advisories.vulnerabilitiesNamed(
    tx,
    owned,
    written.map(({ id }) => id),
  );
  const byName = new Map(batch.map((read) => [nameOf(read), read]));
  const changed = [...written, ...kept].flatMap(({ id, inserted, source, vuln_id }) => {
    const read = byName.get(`${source} ${vuln_id}`);
    return read === undefined ? [] : [{ id, inserted, read }];
  });
  if (origin.aliases && changed.length > 0) await replaceAliases(tx, origin.mirror, changed);
  const untouched = new Set(kept.filter(({ source }) => namesPackages(source)).map(({ id }) => id));
  return storeWhatChanged(
    tx,
    origin,
    batch,
    changed.filter(({ id }) => !untouched.has(id)),
  );
}

async function storeWhatChanged(
  tx: Tx,
  origin: Origin,
  batch: readonly ReadAdvisory[],
  changed: readonly Changed[],
): Promise<BatchReport> {
  if (changed.length > 0) {
    const packageKeys = await replaceAffected(tx, changed, origin.ownedSources);
    const vulnerabilityIds = changed.map(({ id }) => id);
    const cpeProducts = await affectedCpeProducts(tx, vulnerabilityIds);
    await appendEvents(tx, [advisoriesChanged(origin.eventId, { vulnerabilityIds, packageKeys, cpeProducts })]);
  }
  await records.writeAdvisoryRecords(tx, origin.mirror, origin.ecosystem, batch.map(recordOf));
  return reportOf(batch.length, changed);
}

interface Changed {
  id: number;
  inserted: boolean;
  read: ReadAdvisory;
}

/** Gives the packages affected before or now. */
async function replaceAffected(
  tx: Tx,
  changed: readonly Changed[],
  ownedSources: readonly string[],
): Promise<string[]> {
  const before = await advisories.affectedPackageKeys(
    tx,
    changed.filter(({ inserted }) => !inserted).map(({ id }) => id),
  );
  const rows = changed.map(({ id, read }) => ({ id, affected: affectedOf(id, read, ownedSources) }));
  await advisories.writeAffected(
    tx,
    rows.flatMap(({ affected }) => affected),
  );
  await advisories.trimAffected(
    tx,
    rows.map(({ id, affected }) => ({ id, affected: affected.length })),
  );
  const now = rows.flatMap(({ affected }) => affected.map(({ package_key }) => package_key));
  return [...new Set([...before, ...now])].sort();
}

/** Withdrawn, it does not reject what another mirror keeps; its packages go. */
function affectedOf(id: number, { advisory }: ReadAdvisory, ownedSources: readonly string[]) {
  const isKept = advisory.withdrawn === undefined || !ownedSources.includes(sourceOf(advisory));
  return isKept ? affectedRows(id, advisory) : [];
}

async function replaceAliases(tx: Tx, mirror: string, changed: readonly Changed[]): Promise<void> {
  // New ones have said nothing before.
  const subjects = changed
    .filter(({ inserted }) => !inserted)
    .map(({ read }) => ({ source: sourceOf(read.advisory), vuln_id: read.advisory.id }));
  const pairs = changed.flatMap(({ read }) => aliasRows(read.advisory));
  await assertAliases(tx, `vuln-data-source:${mirror}`, subjects, pairs);
}

/** NVD names products, so packages come from others; GitHub names the packages itself. */
function namesPackages(owner: string): boolean {
  return owner !== "NVD";
}

/** A vulnerability that its own mirror keeps up to date; null for others. */
function nameOfOwned(advisory: ReadAdvisory["advisory"], ownedSources: readonly string[]) {
  const source = sourceOf(advisory);
  return ownedSources.includes(source) ? { source, vuln_id: advisory.id } : null;
}

function nameOf({ advisory }: ReadAdvisory): string {
  return `${sourceOf(advisory)} ${advisory.id}`;
}

function recordOf({ advisory, digest }: ReadAdvisory) {
  return { source: sourceOf(advisory), vuln_id: advisory.id, modified: canonicalTime(advisory.modified), digest };
}

function reportOf(size: number, changed: readonly Changed[]): BatchReport {
  const standing = changed.filter(({ read }) => read.advisory.withdrawn === undefined);
  const added = standing.filter(({ inserted }) => inserted).length;
  return {
    new: added,
    updated: standing.length - added,
    unchanged: size - changed.length,
    withdrawn: changed.length - standing.length,
  };
}

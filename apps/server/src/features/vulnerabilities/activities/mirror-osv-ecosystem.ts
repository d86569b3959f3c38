/**
 * Mirrors one ecosystem of the OSV bucket. Protocol:
 *
 *   1. compare the ecosystem's listing with what was taken before, record by record (no watermark: listings hold times in
 *      the future, and times that say nothing);
 *   2. read what differs and store it in batches, each batch with its records, its event and the progress in one
 *      transaction. A batch is named after its content, so a repeated attempt never stores one twice, and what an earlier
 *      attempt has stored is not read again, because the records say so;
 *   3. withdraw what the complete listing does not have any more.
 *
 * An advisory that cannot be read is counted, logged and left out; the stored state of it stays.
 */

import { mirrorEcosystemInput } from "@evertrack/contract/v2/vuln-data-sources";
import { type Activity, type ActivityContext, defineActivity } from "@evertrack/engine/authoring";
import type { Database, Tx } from "../../../platform/db/index.ts";
import type { Outbound } from "../../../platform/outbound/index.ts";
import { withdrawUnlisted } from "../commands/withdraw-unlisted.ts";
import { vulnerabilityProperties } from "../config.ts";
import { readingOf, readMirrorRecords } from "../mirror-state.ts";
import type { OsvConfig } from "../osv-extension.ts";
import { readOsvConfig } from "../queries/osv-config.ts";
import { ownedSources } from "../queries/owned-sources.ts";
import { changedIds, isSuspicious, type KnownRecord, parseListing, unlistedIds } from "../rules/osv-listing.ts";
import { type AdvisoryFile, advisoryFiles } from "./osv/advisory-files.ts";
import { type Bucket, openBucket } from "./osv/bucket.ts";
import { EcosystemWriter } from "./osv/ecosystem-writer.ts";

const LISTING_SIZE_MAX_BYTES = 256 * 1024 ** 2;
const WITHDRAWN_PER_TRANSACTION = 500;

export interface MirrorOsvDeps {
  database: Database;
  outbound: Outbound;
  allowLocal: boolean;
  fileRoots: readonly string[];
  gateOpen(name: string): boolean;
}

/** What became of the advisories an ecosystem lists; each counts once. */
export interface EcosystemReport {
  new: number;
  updated: number;
  unchanged: number;
  /** Marked as withdrawn, or not listed any more. */
  withdrawn: number;
  unreadable: number;
}

interface Input {
  name: string;
  ecosystem: string;
}

export function mirrorOsvEcosystem(deps: MirrorOsvDeps): Activity<Input, EcosystemReport, Tx> {
  return defineActivity({
    name: "mirror-osv-ecosystem",
    input: (raw) => mirrorEcosystemInput.parse(raw),
    async execute(ctx, { name, ecosystem }) {
      const config = await readOsvConfig(deps.database.db);
      const allowLocalProperty = vulnerabilityProperties.osvAllowLocal.name;
      const bucket = await openBucket(config.dataUrl, { ...deps, allowLocalProperty, signal: ctx.signal });
      const records = await readMirrorRecords(deps.database.db, name, ecosystem, readingOf(config));
      const listing = await readListing(bucket, ecosystem, config);
      const wanted = listing && (records.sameReading ? changedIds(listing, records.known) : new Set(listing.keys()));
      const owned = await ownedSources(deps.database.db, deps);
      const origin = { name, ecosystem, config, ownedSources: owned, ...records };
      const writer = await EcosystemWriter.open(ctx, deps.database.db, origin);
      writer.expect(wanted?.size ?? records.known.size);
      const seen = await takeOver(ctx, writer, advisoryFiles(bucket, ecosystem, wanted));
      await writer.finish(listing?.size ?? seen.size);
      const withdrawn = await withdraw(ctx, { name, ecosystem }, listing ?? seen, records.known);
      const report = { ...writer.report, withdrawn: writer.report.withdrawn + withdrawn };
      ctx.log.info({ source: name, ecosystem, ...report }, "mirrored an ecosystem");
      return report;
    },
  });
}

/** Stores the files as they come; returns their ids. */
async function takeOver(
  ctx: ActivityContext<Tx>,
  writer: EcosystemWriter,
  files: AsyncIterable<AdvisoryFile>,
): Promise<Set<string>> {
  const seen = new Set<string>();
  try {
    for await (const file of files) {
      ctx.signal.throwIfAborted();
      seen.add(file.id);
      await writer.add(file);
    }
    return seen;
  } finally {
    await writer.settled();
  }
}

/** Undefined when the bucket has no (usable) list or is to be read whole. */
async function readListing(
  bucket: Bucket,
  ecosystem: string,
  { incrementalMirroringEnabled }: OsvConfig,
): Promise<Map<string, string> | undefined> {
  if (!incrementalMirroringEnabled) return undefined;
  const bytes = await bucket.read([ecosystem, "modified_id.csv"], LISTING_SIZE_MAX_BYTES);
  const listing = bytes && parseListing(bytes.toString("utf8"));
  return listing?.size === 0 ? undefined : listing;
}

async function withdraw(
  ctx: ActivityContext<Tx>,
  { name, ecosystem }: Input,
  listed: { has(id: string): boolean },
  known: ReadonlyMap<string, KnownRecord>,
): Promise<number> {
  const vanished = unlistedIds(listed, known);
  if (isSuspicious(vanished.length, known.size)) {
    ctx.log.warn(
      { source: name, ecosystem, vanished: vanished.length, known: known.size },
      "most advisories are not listed any more; taken for a faulty feed, nothing was withdrawn",
    );
    return 0;
  }
  let withdrawn = 0;
  for (let start = 0; start < vanished.length; start += WITHDRAWN_PER_TRANSACTION) {
    ctx.signal.throwIfAborted();
    const ids = vanished.slice(start, start + WITHDRAWN_PER_TRANSACTION);
    const step = `withdraw:${ids[0]}`;
    const origin = { mirror: name, ecosystem, eventId: ctx.idFor(step) };
    withdrawn += await ctx.tx(step, (tx) => withdrawUnlisted(tx, origin, ids));
  }
  return withdrawn;
}

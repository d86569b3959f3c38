/**
 * Mirrors one feed of NVD: a year, or what was modified lately. Protocol:
 *
 *   1. ask whether it changed since it was last read to its end: by the digest in its `.meta` file, or, where there is none, by
 *      the entity tag of the file;
 *   2. fetch it, and store what differs record by record (never by a watermark) in batches, each with its records, its event and
 *      the progress in one transaction. A batch is named after its content, so a repeated attempt never stores one twice, and what
 *      an earlier attempt has stored is not stored again, because the records say so;
 *   3. remember the digest, if the feed was whole. One that is cut off or damaged fails after what could be read was stored, and
 *      is read again next time.
 *
 * A record that cannot be read is named, counted and left out; its stored state stays. NVD rejects CVEs and removes none.
 */
import { nvdFeedInput } from "@evertrack/contract/v2/vuln-data-sources";
import { type Activity, type ActivityContext, defineActivity, Retryable, Terminal } from "@evertrack/engine/authoring";
import type { Database, Tx } from "../../../platform/db/index.ts";
import type { Outbound } from "../../../platform/outbound/index.ts";
import { vulnerabilityProperties } from "../config.ts";
import { type FeedState, readFeedState, writeFeedState } from "../nvd-state.ts";
import { readNvdConfig } from "../queries/nvd-config.ts";
import { digestOfMeta } from "../rules/nvd-feed.ts";
import { FeedFile } from "./nvd/feed-file.ts";
import { FeedWriter } from "./nvd/feed-writer.ts";
import { type Bucket, openBucket } from "./osv/bucket.ts";

const META_SIZE_MAX_BYTES = 64 * 1024;
/** NVD's largest feed has some 25 MB. */
const FEED_SIZE_MAX_BYTES = 1024 ** 3;

export interface MirrorNvdDeps {
  database: Database;
  outbound: Outbound;
  allowLocal: boolean;
  fileRoots: readonly string[];
}

/** What became of a feed, and of its records; each counts once. */
export interface NvdFeedReport {
  /** The data source has no such feed; it had not changed; it was read. */
  outcome: "absent" | "unchanged" | "read";
  new: number;
  updated: number;
  unchanged: number;
  /** Rejected by NVD. */
  withdrawn: number;
  unreadable: number;
  /** The first of those that were left out, and why. */
  leftOut: string[];
}

const NOTHING = { new: 0, updated: 0, unchanged: 0, withdrawn: 0, unreadable: 0, leftOut: [] };

export function mirrorNvdFeed(deps: MirrorNvdDeps): Activity<{ feed: string }, NvdFeedReport, Tx> {
  return defineActivity({
    name: "mirror-nvd-feed",
    input: (raw) => nvdFeedInput.parse(raw),
    async execute(ctx, { feed }) {
      const { cveFeedsUrl } = await readNvdConfig(deps.database.db);
      const allowLocalProperty = vulnerabilityProperties.nvdAllowLocal.name;
      const bucket = await openBucket(cveFeedsUrl, { ...deps, allowLocalProperty, signal: ctx.signal });
      const last = await readFeedState(deps.database.db, feed);
      const stated = await statedDigest(bucket, feed);
      if (stated !== undefined && stated === last?.sha256) return unchanged(ctx, feed, last);
      const etag = stated === undefined ? last?.etag : undefined;
      const file = await bucket.fetchChanged(pathOf(feed, "json.gz"), FEED_SIZE_MAX_BYTES, etag);
      if (file === undefined) return { ...NOTHING, outcome: "absent" };
      if (file === "unchanged")
        return last === undefined ? { ...NOTHING, outcome: "absent" } : unchanged(ctx, feed, last);
      try {
        const read = await takeOver(ctx, deps.database, feed, new FeedFile(file.path));
        if (stated !== undefined && stated !== read.sha256)
          throw new Retryable(`the feed ${feed} does not have the digest that its .meta file states`);
        const state = { sha256: read.sha256, ...(file.etag !== undefined && { etag: file.etag }) };
        await ctx.tx(`read:${read.sha256}`, (tx) => writeFeedState(tx, feed, state));
        ctx.log.info({ source: "nvd", feed, ...read.report }, "mirrored a feed");
        return { ...read.report, outcome: "read" };
      } finally {
        await file.release();
      }
    },
  });
}

/** Stores the records as they come. Terminal when the feed ends before its end, after what came was stored. */
async function takeOver(ctx: ActivityContext<Tx>, database: Database, feed: string, file: FeedFile) {
  const writer = await FeedWriter.open(ctx, database.db, feed);
  try {
    for await (const record of file.records()) {
      ctx.signal.throwIfAborted();
      await writer.add(record);
    }
    await writer.finish();
  } finally {
    await writer.settled();
  }
  const { fault } = file;
  if (fault !== undefined)
    throw new Terminal(`the feed ${feed} ${fault}; ${writer.seen} records before that were taken`);
  return { sha256: file.sha256, report: writer.report };
}

async function unchanged(ctx: ActivityContext<Tx>, feed: string, last: FeedState): Promise<NvdFeedReport> {
  await ctx.tx("unchanged", (tx) => writeFeedState(tx, feed, last));
  return { ...NOTHING, outcome: "unchanged" };
}

async function statedDigest(bucket: Bucket, feed: string): Promise<string | undefined> {
  const meta = await bucket.read(pathOf(feed, "meta"), META_SIZE_MAX_BYTES);
  return meta && digestOfMeta(meta.toString("utf8"));
}

function pathOf(feed: string, extension: string): string[] {
  return ["json", "cve", "2.0", `nvdcve-2.0-${feed}.${extension}`];
}

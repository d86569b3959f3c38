/**
 * Mirrors one list of known exploited vulnerabilities. A file is fetched unless its entity tag is the one read last, the pages of an API each time; a list has some
 * thousand records, so it is read as a whole and stored in one transaction together with its entity tag: a killed attempt left
 * nothing half done and is simply made again. A record that cannot be read is named, counted and left out; its stored state stays.
 */
import { readFile } from "node:fs/promises";
import { kevDataSourcePath } from "@evertrack/contract/v2/kev-data-sources";
import { type Activity, type ActivityContext, defineActivity, Terminal } from "@evertrack/engine/authoring";
import type { Clock } from "../../../platform/clock/clock.ts";
import type { Database, Tx } from "../../../platform/db/index.ts";
import type { Outbound } from "../../../platform/outbound/index.ts";
import { type KevFeedChanges, storeKevFeed } from "../commands/store-kev-feed.ts";
import { kevAllowLocal } from "../config.ts";
import { findKevSource, type KevSource, PAGED_FILE } from "../kev-extensions.ts";
import { type KevFeedState, readKevFeedState, writeKevFeedState } from "../kev-state.ts";
import { readKevConfig } from "../queries/kev-config.ts";
import type { KevReading } from "../rules/kev-records.ts";
import { KevFeedError, readKevFeed, readKevRecords } from "./kev/read-feed.ts";
import { type VulncheckAccess, vulncheckRecords } from "./kev/vulncheck-pages.ts";
import { type Bucket, openBucket } from "./osv/bucket.ts";

/** CISA's list has some 1.5 MB. */
const FEED_SIZE_MAX_BYTES = 64 * 1024 ** 2;
const LEFT_OUT_NAMED_MAX = 20;
const LEFT_OUT_LOGGED_MAX = 100;

interface MirrorKevDeps {
  database: Database;
  outbound: Outbound;
  /** Names of sources that may connect to this machine and to private networks. */
  allowLocal: ReadonlySet<string>;
  vulncheck: Pick<VulncheckAccess, "token" | "tokenHosts">;
  clock: Clock;
  fileRoots: readonly string[];
}

/** What became of a list and its records. */
export interface KevFeedReport extends KevFeedChanges {
  /** It had not changed; it was read. */
  outcome: "unchanged" | "read";
  unreadable: number;
  /** The first of those that were left out, and why. */
  leftOut: string[];
}

const NOTHING = { new: 0, updated: 0, unchanged: 0, removed: 0, unreadable: 0, leftOut: [] };

export function mirrorKevFeed(deps: MirrorKevDeps): Activity<{ name: string }, KevFeedReport, Tx> {
  return defineActivity({
    name: "mirror-kev-feed",
    input: (raw) => kevDataSourcePath.parse(raw),
    async execute(ctx, { name }) {
      const { db } = deps.database;
      const source = findKevSource(name);
      if (source === undefined) throw new Terminal(`this version has no KEV data source "${name}"`);
      const { enabled, feedUrl } = await readKevConfig(db, source);
      if (!enabled) throw new Terminal(`the KEV data source "${name}" is not enabled`);
      if (source.isPaged === true && !feedUrl.startsWith("file:")) {
        const access = { ...deps, ...deps.vulncheck, allowLocal: deps.allowLocal.has(name), signal: ctx.signal };
        const records = await vulncheckRecords(feedUrl, { ...access, nowMs: () => deps.clock.now().getTime() });
        return store(ctx, source, { feedUrl, etag: undefined }, () => readKevRecords(source.format, records));
      }
      const last = await readKevFeedState(db, name, feedUrl);
      const { bucket, file: fileName } = await locate(feedUrl, source, deps, ctx.signal);
      const file = await bucket.fetchChanged([fileName], FEED_SIZE_MAX_BYTES, last?.etag);
      if (file === undefined) throw new Terminal(`${feedUrl} does not exist`);
      if (file === "unchanged") {
        await ctx.tx("unchanged", (tx) => writeKevFeedState(tx, name, { ...last, feedUrl }));
        return { ...NOTHING, outcome: "unchanged" };
      }
      try {
        const content = await readFile(file.path, "utf8");
        return await store(ctx, source, { feedUrl, etag: file.etag }, () => readKevFeed(source.format, content));
      } finally {
        await file.release();
      }
    },
  });
}

/** Stores what `read` says of the list, and where it came from, in one transaction. */
async function store(
  ctx: ActivityContext<Tx>,
  source: KevSource,
  state: KevFeedState,
  read: () => KevReading,
): Promise<KevFeedReport> {
  const reading = readOrEnd(state.feedUrl, read);
  for (const record of reading.leftOut.slice(0, LEFT_OUT_LOGGED_MAX))
    ctx.log.warn({ source: source.name, record }, "record left out");
  const changes = await ctx.tx("store", async (tx) => {
    await writeKevFeedState(tx, source.name, state);
    return storeKevFeed(tx, source.asserter, reading, (index) => ctx.idFor(`store:${index}`));
  });
  ctx.log.info({ source: source.name, ...changes }, "mirrored known exploited vulnerabilities");
  const leftOut = reading.leftOut.slice(0, LEFT_OUT_NAMED_MAX);
  return { ...changes, outcome: "read", unreadable: reading.leftOut.length, leftOut };
}

/** The folder of the file, and its name there. */
async function locate(
  feedUrl: string,
  source: KevSource,
  deps: MirrorKevDeps,
  signal: AbortSignal,
): Promise<{ bucket: Bucket; file: string }> {
  const url = new URL(source.isPaged === true ? `${feedUrl.replace(/\/+$/, "")}/${PAGED_FILE}` : feedUrl);
  const file = decodeURIComponent(url.pathname.split("/").at(-1) ?? "");
  const bucket = await openBucket(new URL(".", url).href, {
    outbound: deps.outbound,
    allowLocal: deps.allowLocal.has(source.name),
    allowLocalProperty: kevAllowLocal[source.name].name,
    fileRoots: deps.fileRoots,
    signal,
  });
  return { bucket, file };
}

function readOrEnd(feedUrl: string, read: () => KevReading): KevReading {
  try {
    return read();
  } catch (error) {
    if (error instanceof KevFeedError) throw new Terminal(`${feedUrl} ${error.message}; nothing was changed`);
    throw error;
  }
}

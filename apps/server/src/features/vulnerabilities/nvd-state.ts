import { z } from "zod";
import type { Db, Tx } from "../../platform/db/index.ts";
import { extensionStateAges, readExtensionState, writeExtensionState } from "../settings/index.ts";
import { VULN_DATA_SOURCE } from "./osv-extension.ts";

/** Raise it when records are read in another way than before: everything is then read again once. */
export const NVD_READING = "1";

/** Name of the mirror in `advisory_record`, and of its extension. */
export const NVD = "nvd";
/** A CVE is in the feed of its year and in `modified`, and is remembered once for both. */
export const NVD_RECORDS = "cve";

const feedState = z.object({
  reading: z.string(),
  /** SHA-256 of the uncompressed feed, hexadecimal. */
  sha256: z.string(),
  /** Of the compressed file, where the server gave one. */
  etag: z.string().optional(),
});

/** A feed that was read to its end. */
export type FeedState = z.output<typeof feedState>;

/** Undefined for a feed that was never read to its end, or read in another way. */
export async function readFeedState(db: Db, feed: string): Promise<FeedState | undefined> {
  const stored = feedState.safeParse(await readExtensionState(db, VULN_DATA_SOURCE, NVD, keyOf(feed))).data;
  return stored?.reading === NVD_READING ? stored : undefined;
}

/** Also written when nothing had changed: its time says when the feed was looked at. */
export async function writeFeedState(tx: Tx, feed: string, state: Omit<FeedState, "reading">): Promise<void> {
  await writeExtensionState(tx, VULN_DATA_SOURCE, NVD, keyOf(feed), { ...state, reading: NVD_READING });
}

const LATEST_RUN = "latest-run";

/** How long ago, in milliseconds: the last start, and the last time the feed of modified CVEs was read; Infinity = never. */
export async function nvdAges(db: Db): Promise<{ startedMs: number; readMs: number }> {
  const ages = await extensionStateAges(db, VULN_DATA_SOURCE, NVD, [LATEST_RUN, keyOf("modified")]);
  const ageOf = (key: string) => ages.get(key) ?? Number.POSITIVE_INFINITY;
  return { startedMs: ageOf(LATEST_RUN), readMs: ageOf(keyOf("modified")) };
}

function keyOf(feed: string): string {
  return `feed:${feed}`;
}

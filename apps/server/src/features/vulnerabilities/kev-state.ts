import { z } from "zod";
import type { Db, Tx } from "../../platform/db/index.ts";
import { extensionStateAges, readExtensionState, writeExtensionState } from "../settings/index.ts";
import { KEV_DATA_SOURCE } from "./kev-extensions.ts";

/** Raise it when lists are read in another way than before: each is then read again once. */
const KEV_READING = 1;

const FEED = "feed";
const LATEST_RUN = "latest-run";

const feedState = z.object({
  reading: z.literal(KEV_READING),
  /** Where it was read from; another file's entity tag means nothing. */
  feedUrl: z.string(),
  etag: z.string().optional(),
});

/** A list that was read to its end. */
export type KevFeedState = Omit<z.output<typeof feedState>, "reading">;

/** Undefined for a list that was never read to its end from this address, or was read in another way. */
export async function readKevFeedState(db: Db, name: string, feedUrl: string): Promise<KevFeedState | undefined> {
  const stored = feedState.safeParse(await readExtensionState(db, KEV_DATA_SOURCE, name, FEED)).data;
  return stored?.feedUrl === feedUrl ? stored : undefined;
}

/** Also written when nothing had changed: its time says when the list was looked at. */
export async function writeKevFeedState(tx: Tx, name: string, { feedUrl, etag }: KevFeedState): Promise<void> {
  const state = { reading: KEV_READING, feedUrl, ...(etag !== undefined && { etag }) };
  await writeExtensionState(tx, KEV_DATA_SOURCE, name, FEED, state);
}

const latestRun = z.object({ runId: z.string() });

/** Run of the mirror that was started last. */
export async function readLatestKevRun(db: Db, name: string): Promise<string | undefined> {
  return latestRun.safeParse(await readExtensionState(db, KEV_DATA_SOURCE, name, LATEST_RUN)).data?.runId;
}

export async function writeLatestKevRun(tx: Tx, name: string, runId: string): Promise<void> {
  await writeExtensionState(tx, KEV_DATA_SOURCE, name, LATEST_RUN, { runId });
}

/** How long ago, in milliseconds: the last start, and the last time the list was looked at; Infinity = never. */
export async function kevAges(db: Db, name: string): Promise<{ startedMs: number; readMs: number }> {
  const ages = await extensionStateAges(db, KEV_DATA_SOURCE, name, [LATEST_RUN, FEED]);
  const ageOf = (key: string) => ages.get(key) ?? Number.POSITIVE_INFINITY;
  return { startedMs: ageOf(LATEST_RUN), readMs: ageOf(FEED) };
}

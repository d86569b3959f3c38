import { z } from "zod";
import type { Db, Tx } from "../../platform/db/index.ts";
import { extensionStateAges, readExtensionState, writeExtensionState } from "../settings/index.ts";

/** Raise it when scores are read in another way than before: the file is then read again once. */
const EPSS_READING = 1;

const POINT = "vuln-source";
const EPSS = "epss";
const FEED = "feed";
const LATEST_RUN = "latest-run";

const feedState = z.object({
  reading: z.literal(EPSS_READING),
  /** Where it was read from; another file's entity tag means nothing. */
  feedsUrl: z.string(),
  etag: z.string().optional(),
});

/** Scores that were read to their end. */
export type EpssFeedState = Omit<z.output<typeof feedState>, "reading">;

/** Undefined when scores were never read to their end from this address, or were read in another way. */
export async function readEpssState(db: Db, feedsUrl: string): Promise<EpssFeedState | undefined> {
  const stored = feedState.safeParse(await readExtensionState(db, POINT, EPSS, FEED)).data;
  return stored?.feedsUrl === feedsUrl ? stored : undefined;
}

/** Also written when nothing had changed: its time says when the file was looked at. */
export async function writeEpssState(tx: Tx, { feedsUrl, etag }: EpssFeedState): Promise<void> {
  const state = { reading: EPSS_READING, feedsUrl, ...(etag !== undefined && { etag }) };
  await writeExtensionState(tx, POINT, EPSS, FEED, state);
}

const latestRun = z.object({ runId: z.string() });

/** Run of the mirror that was started last. */
export async function readLatestEpssRun(db: Db): Promise<string | undefined> {
  return latestRun.safeParse(await readExtensionState(db, POINT, EPSS, LATEST_RUN)).data?.runId;
}

/** Remembers the run that was started last. */
export async function writeLatestEpssRun(tx: Tx, runId: string): Promise<void> {
  await writeExtensionState(tx, POINT, EPSS, LATEST_RUN, { runId });
}

/** How long ago, in milliseconds: the last start, and the last time the file was looked at; Infinity = never. */
export async function epssAges(db: Db): Promise<{ startedMs: number; readMs: number }> {
  const ages = await extensionStateAges(db, POINT, EPSS, [LATEST_RUN, FEED]);
  const ageOf = (key: string) => ages.get(key) ?? Number.POSITIVE_INFINITY;
  return { startedMs: ageOf(LATEST_RUN), readMs: ageOf(FEED) };
}

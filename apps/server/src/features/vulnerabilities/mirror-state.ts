import { z } from "zod";
import type { Db, Tx } from "../../platform/db/index.ts";
import { extensionStateAges, readExtensionState, writeExtensionState } from "../settings/index.ts";
import { type OsvConfig, VULN_DATA_SOURCE } from "./osv-extension.ts";
import type { KnownRecord } from "./rules/osv-listing.ts";
import { readAdvisoryRecords } from "./store/advisory-records.ts";

/** Raise it when advisories are read in another way than before: everything is then read again once. */
const READER_VERSION = 1;

/** How advisories are read; stored data that was read in another way is read again. */
export function readingOf({ aliasSyncEnabled }: OsvConfig): string {
  return `${READER_VERSION}${aliasSyncEnabled ? "+aliases" : ""}`;
}

export interface MirrorRecords {
  known: ReadonlyMap<string, KnownRecord>;
  /** False when the ecosystem has not been mirrored to its end in the present way of reading. */
  sameReading: boolean;
  reading: string;
}

/** What a mirror took from an ecosystem so far. */
export async function readMirrorRecords(
  db: Db,
  mirror: string,
  ecosystem: string,
  reading: string,
): Promise<MirrorRecords> {
  const known = await readAdvisoryRecords(db, mirror, ecosystem);
  const last = await readExtensionState(db, VULN_DATA_SOURCE, mirror, readingKey(ecosystem));
  return { known, sameReading: last === undefined || last === reading, reading };
}

/** Remembers in which way the whole ecosystem has now been read. */
export async function writeReading(tx: Tx, mirror: string, ecosystem: string, reading: string): Promise<void> {
  await writeExtensionState(tx, VULN_DATA_SOURCE, mirror, readingKey(ecosystem), reading);
}

function readingKey(ecosystem: string): string {
  return `reading:${ecosystem}`;
}

const count = z.number().int().nonnegative();

const mirrorProgress = z.object({
  /** The mirror run; a later attempt at the same ecosystem counts on. */
  runId: z.string(),
  ecosystem: z.string(),
  done: count,
  total: count,
  counts: z.object({ new: count, updated: count, withdrawn: count }),
});

/** How far the mirror is, in the ecosystem at hand. */
export type MirrorProgress = z.output<typeof mirrorProgress>;

/** Undefined before the first run. */
export async function readProgress(db: Db, mirror: string): Promise<MirrorProgress | undefined> {
  return mirrorProgress.safeParse(await readExtensionState(db, VULN_DATA_SOURCE, mirror, "progress")).data;
}

export async function writeProgress(tx: Tx, mirror: string, progress: MirrorProgress): Promise<void> {
  await writeExtensionState(tx, VULN_DATA_SOURCE, mirror, "progress", progress);
}

const LATEST_RUN = "latest-run";
const latestRun = z.object({ runId: z.string() });

/** Run of the mirror that was started last. */
export async function readLatestRun(db: Db, mirror: string): Promise<string | undefined> {
  return latestRun.safeParse(await readExtensionState(db, VULN_DATA_SOURCE, mirror, LATEST_RUN)).data?.runId;
}

export async function writeLatestRun(tx: Tx, mirror: string, runId: string): Promise<void> {
  await writeExtensionState(tx, VULN_DATA_SOURCE, mirror, LATEST_RUN, { runId });
}

/** How long ago, in milliseconds: the last start, and the last time by which every ecosystem had been read; Infinity = never. */
export async function mirrorAges(
  db: Db,
  mirror: string,
  ecosystems: readonly string[],
): Promise<{ startedMs: number; completeMs: number }> {
  const keys = ecosystems.map(readingKey);
  const ages = await extensionStateAges(db, VULN_DATA_SOURCE, mirror, [LATEST_RUN, ...keys]);
  const ageOf = (key: string) => ages.get(key) ?? Number.POSITIVE_INFINITY;
  return { startedMs: ageOf(LATEST_RUN), completeMs: Math.max(0, ...keys.map(ageOf)) };
}

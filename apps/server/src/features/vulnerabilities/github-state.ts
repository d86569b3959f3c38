import { z } from "zod";
import type { Db, Tx } from "../../platform/db/index.ts";
import { extensionStateAges, readExtensionState, writeExtensionState } from "../settings/index.ts";
import type { GithubConfig } from "./github-extension.ts";
import { VULN_DATA_SOURCE } from "./osv-extension.ts";

/** Raise it when advisories are read in another way than before: everything is then read again once. */
const GITHUB_READING = "1";

/** Name of the mirror in `advisory_record`, and of its extension. */
export const GITHUB = "github";
/** Its only part: records are not told apart by ecosystem, because one advisory names packages of several. */
export const GITHUB_RECORDS = "advisories";

/** How advisories are read. */
export function githubReading({ aliasSyncEnabled }: GithubConfig): string {
  return `${GITHUB_READING}${aliasSyncEnabled ? "+aliases" : ""}`;
}

const POSITION = "position";
const position = z.object({ reading: z.string(), apiUrl: z.string(), updated: z.iso.datetime() });

/** Up to when (RFC 3339) the changes at this address were taken in this way of reading; undefined when none were. */
export async function readPosition(db: Db, config: GithubConfig): Promise<string | undefined> {
  const stored = position.safeParse(await readExtensionState(db, VULN_DATA_SOURCE, GITHUB, POSITION)).data;
  return stored?.reading === githubReading(config) && stored.apiUrl === config.apiUrl ? stored.updated : undefined;
}

export async function writePosition(tx: Tx, config: GithubConfig, updated: string): Promise<void> {
  const state = { reading: githubReading(config), apiUrl: config.apiUrl, updated };
  await writeExtensionState(tx, VULN_DATA_SOURCE, GITHUB, POSITION, state);
}

const READ = "read";
const readState = z.object({ reading: z.string(), apiUrl: z.string(), etag: z.string().optional() });

/** Of the file that was read to its end the last time; undefined when there was none, or it was read in another way. */
export async function readFileTag(db: Db, config: GithubConfig): Promise<string | undefined> {
  const stored = readState.safeParse(await readExtensionState(db, VULN_DATA_SOURCE, GITHUB, READ)).data;
  return stored?.reading === githubReading(config) && stored.apiUrl === config.apiUrl ? stored.etag : undefined;
}

/** Notes that the source was read to its end; its time says when. */
export async function writeRead(tx: Tx, config: GithubConfig, etag?: string): Promise<void> {
  const state = { reading: githubReading(config), apiUrl: config.apiUrl, ...(etag !== undefined && { etag }) };
  await writeExtensionState(tx, VULN_DATA_SOURCE, GITHUB, READ, state);
}

const LATEST_RUN = "latest-run";

/** How long ago, in milliseconds: the last start, and the last time everything had been read; Infinity = never. */
export async function githubAges(db: Db): Promise<{ startedMs: number; readMs: number }> {
  const ages = await extensionStateAges(db, VULN_DATA_SOURCE, GITHUB, [LATEST_RUN, READ]);
  const ageOf = (key: string) => ages.get(key) ?? Number.POSITIVE_INFINITY;
  return { startedMs: ageOf(LATEST_RUN), readMs: ageOf(READ) };
}

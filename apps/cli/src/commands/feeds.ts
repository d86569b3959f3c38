/** `feeds export` and `feeds import`: advisories for a site without a way out. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { EnvHttpProxyAgent } from "undici";
import { type AccessOptions, openTarget, resolveTarget } from "../client/access.ts";
import { closeApi } from "../client/http.ts";
import {
  readSourceConfig,
  requireCompleted,
  runMirrorToItsEnd,
  startMirror,
  writeSourceConfig,
} from "../client/mirror.ts";
import { usageError } from "../errors.ts";
import { exportFeeds } from "../feeds/export.ts";
import { importFeeds } from "../feeds/import.ts";
import type { BundleManifest, BundleSource } from "../feeds/manifest.ts";
import { ECOSYSTEMS_DEFAULT, FEED_SOURCES, type FeedSource } from "../feeds/sources.ts";
import { bytesText, durationText } from "../output/amounts.ts";
import type { Terminal } from "../output/terminal.ts";
import { deadline, startProgress } from "../output/waiting.ts";

const CONNECT_TIMEOUT_MS = 10_000;

/** Options of `feeds export`. */
export interface FeedsExportOptions {
  /** Comma-separated names of sources; all unless given. */
  readonly sources?: string;
  /** Comma-separated OSV ecosystem names. */
  readonly ecosystems?: string;
  /** `name=address`, for sources that are read from elsewhere. */
  readonly from?: readonly string[];
  readonly force?: boolean;
  readonly timeout: number;
}

/** Fetches feeds from their addresses and writes them into one file. */
export async function feedsExport(file: string, options: FeedsExportOptions, terminal: Terminal): Promise<void> {
  const target = resolve(file);
  if (existsSync(target) && options.force !== true) throw usageError(`${file} is there already; --force replaces it.`);
  const addresses = addressesOf(options.from ?? []);
  const sources = chosenSources(options.sources).map((source) => ({
    source,
    address: addresses.get(source.name) ?? source.address,
  }));
  const ecosystems = listed(options.ecosystems) ?? ECOSYSTEMS_DEFAULT;
  const dispatcher = new EnvHttpProxyAgent({ connect: { timeout: CONNECT_TIMEOUT_MS } });
  const progress = startProgress(terminal, "Fetching feeds");
  const startedAt = performance.now();
  const signal = deadline(options.timeout);
  try {
    const manifest = await exportFeeds(
      { target, sources, ecosystems, now: new Date() },
      {
        dispatcher,
        onFile: (name) => progress.say(name),
        onRetry: ({ reason, delayMs }) => terminal.note(`${reason}; trying again in ${durationText(delayMs)}`),
        signal,
      },
    ).catch(inTime(signal));
    progress.end();
    terminal.result({ file: target, ...manifest });
    for (const source of manifest.sources) terminal.line(`${titleOf(source)}: ${sizeText(source)}`);
    terminal.line(`Written to ${file} in ${durationText(performance.now() - startedAt)}.`);
  } finally {
    progress.end();
    await dispatcher.destroy();
  }
}

/** Options of `feeds import`. */
export interface FeedsImportOptions extends AccessOptions {
  /** Where the files go. */
  readonly directory: string;
  /** Tell the server where they are, and mirror them. */
  readonly mirror?: boolean;
  readonly wait?: boolean;
  readonly timeout: number;
}

/** Checks a bundle and puts its files where servers read them; with `mirror` they are told. */
export async function feedsImport(file: string, options: FeedsImportOptions, terminal: Terminal): Promise<void> {
  const directory = resolve(options.directory);
  const signal = deadline(options.timeout);
  const progress = startProgress(terminal, "Checking the bundle");
  const manifest = await importFeeds(resolve(file), directory, { onFile: (name) => progress.say(name), signal })
    .catch(inTime(signal))
    .finally(() => progress.end());
  for (const source of manifest.sources)
    terminal.line(`${titleOf(source)}: ${sizeText(source)}, as of ${manifest.created_at}`);
  if (options.mirror === true) await mirrorFrom(directory, manifest, { options, terminal, signal });
  else
    for (const { name } of manifest.sources)
      terminal.line(
        `  ${sourceOf(name).mirror.address} of ${sourceOf(name).title}: ${sourceOf(name).addressIn(join(directory, name))}`,
      );
  terminal.result({ directory: pathToFileURL(directory).href, ...manifest });
}

/** What is aborted says that time is up, not that it was aborted. */
function inTime(signal: AbortSignal): (error: unknown) => never {
  return (error) => {
    throw signal.aborted ? signal.reason : error;
  };
}

/** One source after the other, so that each is told with its own reason. */
async function mirrorFrom(
  directory: string,
  manifest: BundleManifest,
  { options, terminal, signal }: { options: FeedsImportOptions; terminal: Terminal; signal: AbortSignal },
): Promise<void> {
  const api = openTarget(resolveTarget(options), terminal, signal);
  try {
    for (const { name, ecosystems } of manifest.sources) {
      const { mirror, title, addressIn } = sourceOf(name);
      const before = await readSourceConfig(api, mirror);
      const address = { [mirror.address]: addressIn(join(directory, name)) };
      const config = { ...before, enabled: true, ...address, ...(ecosystems && { ecosystems }) };
      if (JSON.stringify(config) !== JSON.stringify(before)) await writeSourceConfig(api, mirror, config);
      if (options.wait !== true) {
        await startMirror(api, mirror);
        terminal.line(`A mirror run of ${title} has started.`);
        continue;
      }
      const progress = startProgress(terminal, `Mirroring ${title}`);
      const onProgress = (text: string) => progress.say(`Mirroring ${title}: ${text}`);
      const status = await runMirrorToItsEnd(api, mirror, { fresh: true, onProgress }).finally(() => progress.end());
      requireCompleted(status);
      terminal.line(`Mirrored ${title}.`);
    }
  } finally {
    await closeApi(api);
  }
}

function chosenSources(names: string | undefined): readonly FeedSource[] {
  const wanted = listed(names);
  if (wanted === undefined) return FEED_SOURCES;
  const unknown = wanted.find((name) => !FEED_SOURCES.some((source) => source.name === name));
  if (unknown !== undefined)
    throw usageError(`There is no feed "${unknown}".`, [`Feeds: ${FEED_SOURCES.map(({ name }) => name).join(", ")}`]);
  return FEED_SOURCES.filter(({ name }) => wanted.includes(name));
}

function addressesOf(from: readonly string[]): Map<string, string> {
  return new Map(
    from.map((text) => {
      const [, name = "", address = ""] = /^([a-z]+)=(.+)$/.exec(text) ?? [];
      if (!FEED_SOURCES.some((source) => source.name === name) || !/^(https?|file):/.test(address))
        throw usageError(`--from "${text}" is not NAME=ADDRESS of a feed.`);
      return [name, address] as const;
    }),
  );
}

function listed(text: string | undefined): string[] | undefined {
  const names = text
    ?.split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (names?.length === 0) throw usageError("A list names nothing.");
  return names;
}

function sourceOf(name: string): FeedSource {
  const source = FEED_SOURCES.find((one) => one.name === name);
  if (source === undefined) throw new Error(`no source is called ${name}`);
  return source;
}

const titleOf = ({ name }: BundleSource) => sourceOf(name).title;
const sizeText = ({ files }: BundleSource) =>
  `${files.length} files, ${bytesText(files.reduce((sum, { size }) => sum + size, 0))}`;

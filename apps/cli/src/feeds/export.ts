/**
 * Making a bundle: every file is fetched beside the bundle first, with its SHA-256, and the bundle written when all are there. What was fetched
 * is kept until then, so a command that is repeated after a failure asks only for what is missing or has changed.
 */
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Dispatcher } from "undici";
import { z } from "zod";
import type { OnRetry } from "../client/retry.ts";
import { CliError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { download, type Fetched } from "./download.ts";
import { BUNDLE_FORMAT, type BundleManifest, type BundleSource, memberPath } from "./manifest.ts";
import type { FeedSource } from "./sources.ts";
import { type Member, writeBundle } from "./write-bundle.ts";

/** What goes into a bundle. */
export interface ExportPlan {
  target: string;
  /** Each with the address it is read from. */
  sources: readonly { source: FeedSource; address: string }[];
  ecosystems: readonly string[];
  now: Date;
}

interface ExportDeps {
  dispatcher: Dispatcher;
  onRetry: OnRetry;
  onFile(name: string): void;
  signal: AbortSignal;
}

const fetchedFiles = z.record(
  z.string(),
  z.object({
    url: z.string(),
    size: z.number(),
    sha256: z.string(),
    etag: z.string().optional(),
    modifiedAt: z.string().optional(),
  }),
);

/** Fetches everything and writes the bundle; its manifest. Throws CliError that names the file that could not be had. */
export async function exportFeeds(plan: ExportPlan, deps: ExportDeps): Promise<BundleManifest> {
  const parts = `${plan.target}.parts`;
  await mkdir(parts, { recursive: true });
  const known = await KnownFiles.open(join(parts, "fetched.json"));
  const sources: BundleSource[] = [];
  const members: Member[] = [];
  for (const { source, address } of plan.sources) {
    const files: BundleSource["files"] = [];
    for (const { path, optional } of source.files({ ecosystems: plan.ecosystems, year: plan.now.getUTCFullYear() })) {
      const name = memberPath.parse(path.join("/"));
      const url = [address.replace(/\/+$/, ""), ...path.map(encodeURIComponent)].join("/");
      deps.onFile(`${source.title}: ${name}`);
      const file = join(parts, source.name, ...path);
      await mkdir(dirname(file), { recursive: true });
      const fetched = await fetchOnce({ url, file, key: `${source.name}/${name}` }, known, deps);
      if (fetched === undefined && optional !== true) throw new CliError(EXIT.failed, `${url} does not exist.`);
      if (fetched === undefined) continue;
      files.push({
        path: name,
        size: fetched.size,
        sha256: fetched.sha256,
        ...(fetched.modifiedAt !== undefined && { modified_at: fetched.modifiedAt }),
      });
      members.push({ path: `${source.name}/${name}`, file });
    }
    if (files.length === 0) throw new CliError(EXIT.failed, `${address} has no feed of ${source.title}.`);
    const ecosystems = source.name === "osv" ? { ecosystems: [...plan.ecosystems] } : {};
    sources.push({ name: source.name, address, ...ecosystems, files });
  }
  const manifest = { format: BUNDLE_FORMAT, created_at: plan.now.toISOString(), sources } as const;
  deps.onFile("writing the bundle");
  await writeBundle(plan.target, manifest, members, deps.signal);
  await rm(parts, { recursive: true, force: true });
  return manifest;
}

async function fetchOnce(
  { url, file, key }: { url: string; file: string; key: string },
  known: KnownFiles,
  deps: ExportDeps,
): Promise<Fetched | undefined> {
  const before = await known.intact(key, url, file);
  const fetched = await download(url, file, before?.etag, deps);
  if (fetched === "unchanged") return before;
  if (fetched !== undefined) await known.note(key, { ...fetched, url });
  return fetched;
}

/** What an earlier attempt fetched. */
class KnownFiles {
  readonly #path: string;
  readonly #files: z.output<typeof fetchedFiles>;

  private constructor(path: string, files: z.output<typeof fetchedFiles>) {
    this.#path = path;
    this.#files = files;
  }

  static async open(path: string): Promise<KnownFiles> {
    const text = await readFile(path, "utf8").catch(() => "{}");
    return new KnownFiles(path, fetchedFiles.safeParse(parse(text)).data ?? {});
  }

  /** A file that is still as it was fetched from this address, and can be asked for by its entity tag. */
  async intact(key: string, url: string, file: string) {
    const known = this.#files[key];
    if (known?.url !== url || known.etag === undefined) return undefined;
    const found = await stat(file).catch(() => undefined);
    const { url: _, ...fetched } = known;
    return found?.size === known.size ? withoutUndefined(fetched) : undefined;
  }

  async note(key: string, fetched: Fetched & { url: string }): Promise<void> {
    this.#files[key] = fetched;
    await writeFile(this.#path, JSON.stringify(this.#files));
  }
}

function withoutUndefined(fetched: { [member in keyof Fetched]: Fetched[member] | undefined }): Fetched {
  return Object.fromEntries(Object.entries(fetched).filter(([, value]) => value !== undefined)) as unknown as Fetched;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Taking a bundle into a directory that servers read. Everything is unpacked and checked beside it first; only a whole bundle replaces files,
 * each at once, so that a mirror that reads meanwhile sees the old file or the new one. Times of files are those of the feeds: what has not
 * changed is not read again.
 */
import { mkdir, mkdtemp, readdir, rename, rm, utimes } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { type BundleManifest, type BundleSource, FILES_MAX } from "./manifest.ts";
import { Bundle } from "./read-bundle.ts";

interface ImportDeps {
  onFile(name: string): void;
  signal: AbortSignal;
}

/** Checks the bundle and puts its files into `directory`; its manifest. Throws CliError, and changes nothing, when it is refused. */
export async function importFeeds(path: string, directory: string, deps: ImportDeps): Promise<BundleManifest> {
  const bundle = await Bundle.open(path);
  try {
    await mkdir(directory, { recursive: true });
    const incoming = await mkdtemp(join(directory, ".incoming-"));
    try {
      for (const { name, files } of bundle.manifest.sources)
        for (const file of files) {
          deps.onFile(`${name}/${file.path}`);
          const unpacked = await bundle.unpack(name, file, incoming, deps.signal);
          const modified = new Date(file.modified_at ?? bundle.manifest.created_at);
          await utimes(unpacked, modified, modified);
        }
      for (const source of bundle.manifest.sources) await takeOver(source, incoming, directory);
    } finally {
      await rm(incoming, { recursive: true, force: true });
    }
    return bundle.manifest;
  } finally {
    bundle.close();
  }
}

/** Files the bundle does not have any more go last. */
async function takeOver({ name, files }: BundleSource, incoming: string, directory: string): Promise<void> {
  for (const { path } of files) {
    const target = join(directory, name, path);
    await mkdir(dirname(target), { recursive: true });
    await rename(join(incoming, name, path), target);
  }
  const stated = new Set(files.map(({ path }) => path));
  const folder = join(directory, name);
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of found.slice(0, 2 * FILES_MAX)) {
    const path = relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/");
    if (entry.isFile() && !stated.has(path)) await rm(join(folder, path), { force: true });
  }
}

import { realpath } from "node:fs/promises";
import { resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { vulnerabilityProperties } from "./config.ts";

/** A file: URL, or a file found through one, that may not be read; the message tells the operator which property decides. */
export class FileRefused extends Error {
  constructor(what: string) {
    super(`${what}; file: URLs have to lie below a directory listed in ${vulnerabilityProperties.fileRoots.name}`);
    this.name = "FileRefused";
  }
}

/** The real directory a file: URL names. Throws FileRefused unless it is below one of the roots, symbolic links resolved. */
export async function directoryOf(url: URL, roots: readonly string[]): Promise<string> {
  if (url.hostname !== "") throw new FileRefused(`${url.href} names a host`);
  const directory = await realPathOf(pathOf(url));
  if (directory === undefined) throw new FileRefused(`${url.href} does not exist`);
  const realRoots = await Promise.all(roots.map((root) => realPathOf(resolve(root))));
  if (!realRoots.some((root) => root !== undefined && isBelow(directory, root)))
    throw new FileRefused(`${url.href} is outside the permitted directories`);
  return directory;
}

/** The real path of a file below a real directory, undefined when there is none. Throws FileRefused when a link leads out. */
export async function fileBelow(directory: string, path: readonly string[]): Promise<string | undefined> {
  const file = await realPathOf(resolve(directory, ...path));
  if (file !== undefined && !isBelow(file, directory))
    throw new FileRefused(`${path.join("/")} leads out of ${directory}`);
  return file;
}

/** Why a data source's URL may not be configured; `field` is its name in the configuration. */
export async function whyUrlRefused(
  field: string,
  text: string,
  roots: readonly string[],
): Promise<string | undefined> {
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") return `${field} must not hold credentials`;
  if (url.protocol !== "file:") return undefined;
  try {
    await directoryOf(url, roots);
    return undefined;
  } catch (error) {
    if (error instanceof FileRefused) return error.message;
    throw error;
  }
}

function pathOf(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch {
    throw new FileRefused(`${url.href} is not the path of a file`);
  }
}

async function realPathOf(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch {
    return undefined;
  }
}

function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep);
}

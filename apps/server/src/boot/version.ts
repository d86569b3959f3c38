import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const manifest = join(import.meta.dirname, "../../package.json");

/** Version of this build, from the package of the server. */
export const VERSION: string = readVersion();

/** When this build was laid down. */
export const BUILT_AT: Date = statSync(manifest).mtime;

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  return version;
}

/**
 * The demo's advisories in the layout of the public OSV bucket, below the data directory, where the server may read them
 * by a `file:` address: `<folder>/all.zip`, `<folder>/modified_id.csv`, `<folder>/<id>.json`. They stand in one folder of
 * their own name, not in `npm` or `PyPI`: a mirror takes an ecosystem's listing as complete and withdraws what it lacks, so
 * under those names the demo would empty what had been mirrored before.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { z } from "zod";
import type { DataDirectory } from "../up/data-directory.ts";
import { zip } from "./zip.ts";

/** Fixtures of the demo: SBOMs beside, advisories below `osv/`. */
export const FIXTURES = fileURLToPath(new URL("../../../../fixtures/demo", import.meta.url));

const FOLDER = "evertrack-demo";

const advisorySchema = z.looseObject({ id: z.string(), modified: z.string() });
type Advisory = z.infer<typeof advisorySchema>;

/** What was written. */
export interface PublishedAdvisories {
  /** For the OSV source's `dataUrl`. */
  readonly dataUrl: string;
  /** For its `ecosystems`: the names of the folders. */
  readonly ecosystems: readonly string[];
  readonly ids: readonly string[];
}

/**
 * Writes all advisories as modified `now`; with `withdrawn` as taken back now, which is how an advisory leaves OSV.
 * The directory is built aside and swapped in, so that a mirror run never reads half of it.
 */
export function publishAdvisories(directory: DataDirectory, now: Date, withdrawn: boolean): PublishedAdvisories {
  const target = join(directory.demo, "osv");
  const draft = `${target}.draft-${process.pid}`;
  const modified = now.toISOString();
  const advisories = readdirSync(join(FIXTURES, "osv"))
    .flatMap(readAdvisories)
    .map((advisory): Advisory => ({ ...advisory, modified, ...(withdrawn ? { withdrawn: modified } : {}) }));
  rmSync(draft, { recursive: true, force: true });
  writeFolder(join(draft, FOLDER), advisories);
  rmSync(target, { recursive: true, force: true });
  renameSync(draft, target);
  return { dataUrl: pathToFileURL(target).href, ecosystems: [FOLDER], ids: advisories.map(({ id }) => id) };
}

function writeFolder(path: string, advisories: readonly Advisory[]): void {
  const files = advisories.map((advisory) => ({
    name: `${advisory.id}.json`,
    bytes: Buffer.from(JSON.stringify(advisory)),
  }));
  mkdirSync(path, { recursive: true });
  for (const file of files) writeFileSync(join(path, file.name), file.bytes);
  writeFileSync(join(path, "all.zip"), zip(files));
  writeFileSync(join(path, "modified_id.csv"), advisories.map(({ id, modified }) => `${modified},${id}\n`).join(""));
}

function readAdvisories(ecosystem: string): Advisory[] {
  const folder = join(FIXTURES, "osv", ecosystem);
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return names.sort().map((name) => advisorySchema.parse(JSON.parse(readFileSync(join(folder, name), "utf8"))));
}

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { z } from "zod";
import { DEPRECATED_IDS, FSF_LIBRE_IDS } from "./rules/spdx-list.ts";
import type { SpdxLicense } from "./store/spdx-list.ts";

const require = createRequire(import.meta.url);

const BATCH_SIZE = 100;
/** An id becomes part of a path. */
const ID = /^[A-Za-z0-9.+-]+$/;

const index = z.record(z.string().regex(ID), z.unknown());
const entry = z.object({
  name: z.string(),
  url: z.string().optional(),
  osiApproved: z.boolean(),
  licenseText: z.string(),
});

/**
 * The licences of the SPDX list with their texts, in batches and in id order. Read from the files of the package one by one and never
 * imported: five megabytes that are needed once per list must not stay in memory.
 */
export async function* spdxLicenses(): AsyncGenerator<SpdxLicense[]> {
  const directory = dirname(require.resolve("spdx-license-list/package.json"));
  const ids = Object.keys(index.parse(await json(directory, "spdx.json"))).sort();
  for (let start = 0; start < ids.length; start += BATCH_SIZE)
    yield await Promise.all(ids.slice(start, start + BATCH_SIZE).map((id) => license(directory, id)));
}

async function license(directory: string, licenseId: string): Promise<SpdxLicense> {
  const { name, url, osiApproved, licenseText } = entry.parse(await json(directory, "licenses", `${licenseId}.json`));
  return {
    licenseId,
    name,
    text: licenseText,
    seeAlso: url === undefined ? [] : [url],
    osiApproved,
    fsfLibre: FSF_LIBRE_IDS.has(licenseId),
    deprecated: DEPRECATED_IDS.has(licenseId),
  };
}

async function json(...path: string[]): Promise<unknown> {
  return JSON.parse(await readFile(join(...path), "utf8"));
}

/** Points the OSV source at the demo's advisories, and back at what it was. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { vulnerabilityAnswer } from "../client/answers.ts";
import { type Api, call, callJsonUnless } from "../client/http.ts";
import { readSourceConfig, requireCompleted, runMirrorToItsEnd, writeSourceConfig } from "../client/mirror.ts";
import { OSV } from "../client/mirror-sources.ts";
import type { DataDirectory } from "../up/data-directory.ts";
import { type PublishedAdvisories, publishAdvisories } from "./advisories.ts";

/** Publishes the advisories and mirrors them; the source keeps these settings until {@link restoreOsvSource}. */
export async function mirrorDemoAdvisories(
  api: Api,
  directory: DataDirectory,
  withdrawn: boolean,
  onProgress: (text: string) => void,
): Promise<PublishedAdvisories> {
  const published = publishAdvisories(directory, new Date(), withdrawn);
  const present = await readSourceConfig(api, OSV);
  remember(directory, present, published.dataUrl);
  await writeSourceConfig(api, OSV, {
    ...present,
    enabled: true,
    // A watermark left by the public feed would hide these advisories: take the archive, not the changes.
    incrementalMirroringEnabled: false,
    dataUrl: published.dataUrl,
    ecosystems: published.ecosystems,
  });
  const status = await runMirrorToItsEnd(api, OSV, { fresh: true, onProgress });
  requireCompleted(status);
  return published;
}

/** Gives the OSV source the settings it had before the demo. */
export async function restoreOsvSource(api: Api, directory: DataDirectory): Promise<boolean> {
  const file = rememberedFile(directory);
  if (!existsSync(file)) return false;
  const config = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(file, "utf8")));
  await writeSourceConfig(api, OSV, config);
  rmSync(file, { force: true });
  return true;
}

/** Deletes advisories that nothing refers to any more; returns how many the server let go. */
export async function deleteAdvisories(api: Api, ids: readonly string[]): Promise<number> {
  let deleted = 0;
  for (const id of ids) {
    const path = `/api/v1/vulnerability/source/OSV/vuln/${id}`;
    const found = await callJsonUnless(api, { method: "GET", path }, [403, 404], vulnerabilityAnswer);
    if (found === undefined) continue;
    const answer = await call(
      api,
      { method: "DELETE", path: `/api/v1/vulnerability/${found.uuid}` },
      [403, 404, 405, 412, 501],
    );
    if (answer.status < 300) deleted++;
  }
  return deleted;
}

/** The first demo remembers; a second one finds the source already pointing at the demo. */
function remember(directory: DataDirectory, config: Readonly<Record<string, unknown>>, demoUrl: string): void {
  const file = rememberedFile(directory);
  if (config.dataUrl === demoUrl) return;
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
}

function rememberedFile(directory: DataDirectory): string {
  return join(directory.demo, "osv-config-before.json");
}

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zip } from "../../apps/cli/src/demo/zip.ts";

/** One advisory about one npm package, every version below `fixed`. */
export function npmAdvisory(id: string, name: string, fixed: string) {
  const events = [{ introduced: "0" }, { fixed }];
  return {
    id,
    modified: "2026-01-02T03:04:05Z",
    summary: `made for tests: ${name}`,
    affected: [{ package: { ecosystem: "npm", name, purl: `pkg:npm/${name}` }, ranges: [{ type: "SEMVER", events }] }],
  };
}

/** Writes advisories as the folder `npm` of a bucket in OSV's layout; the bucket's directory. */
export function writeNpmAdvisories(directory: string, advisories: readonly ReturnType<typeof npmAdvisory>[]): string {
  const bucket = join(directory, "osv");
  mkdirSync(join(bucket, "npm"), { recursive: true });
  const files = advisories.map((advisory) => ({
    name: `${advisory.id}.json`,
    bytes: Buffer.from(JSON.stringify(advisory)),
  }));
  for (const { name, bytes } of files) writeFileSync(join(bucket, "npm", name), bytes);
  writeFileSync(join(bucket, "npm", "all.zip"), zip(files));
  const listing = advisories.map(({ id, modified }) => `${modified},${id}\n`).join("");
  writeFileSync(join(bucket, "npm", "modified_id.csv"), listing);
  return bucket;
}

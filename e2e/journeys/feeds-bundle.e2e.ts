import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { npmAdvisory, writeNpmAdvisories } from "../harness/advisory-folder.ts";
import { Cluster } from "../harness/cluster.ts";

const program = join(import.meta.dirname, "..", "..", "apps/cli/src/main.ts");
const PROCESSED_MAX_MS = 60_000;

let directory: string;
let cluster: Cluster;
let key: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "evertrack-feeds-"));
  const roots = join(directory, "inside");
  cluster = await Cluster.start({ environment: { DT_VULN_DATA_SOURCE_FILE_ROOTS: roots } });
  const { uuid } = await cluster.admin.expect<{ uuid: string }>("PUT", "/api/v1/team", { name: "feeds" });
  await cluster.admin.expect("POST", `/api/v1/permission/SYSTEM_CONFIGURATION/team/${uuid}`);
  ({ key } = await cluster.admin.expect<{ key: string }>("PUT", `/api/v1/team/${uuid}/key`));
});
afterAll(async () => {
  await cluster?.close();
  await rm(directory, { recursive: true, force: true });
});

async function evertrack(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(await ended, output + errors).toBe(0);
  return output;
}

async function carry(name: string): Promise<string> {
  const bundle = join(directory, `${name}.zip`);
  const outside = pathToFileURL(join(directory, "outside", "osv")).href;
  await evertrack("feeds", "export", bundle, "--sources", "osv", "--ecosystems", "npm", "--from", `osv=${outside}`);
  const server = ["--url", cluster.first.url, "--api-key", key];
  return evertrack(
    "feeds",
    "import",
    bundle,
    "--directory",
    join(directory, "inside"),
    "--mirror",
    "--wait",
    ...server,
  );
}

async function findingsOf(projectUuid: string): Promise<string[]> {
  const found = await cluster.admin.expect<{ vulnerability: { vulnId: string } }[]>(
    "GET",
    `/api/v1/finding/project/${projectUuid}`,
  );
  return found.map(({ vulnerability }) => vulnerability.vulnId).sort();
}

test("a server without a way out has the advisories of the bundle it was given last", async () => {
  const outside = join(directory, "outside");
  writeNpmAdvisories(outside, [npmAdvisory("GHSA-aaaa-aaaa-aaaa", "left", "2.0.0")]);
  expect(await carry("first")).toContain("Mirrored OSV.");
  const components = ["left", "right"].map((name) => ({
    type: "library",
    name,
    version: "1.0.0",
    purl: `pkg:npm/${name}@1.0.0`,
  }));
  const bom = JSON.stringify({ bomFormat: "CycloneDX", specVersion: "1.6", version: 1, components });
  const { token, projectUuid } = await cluster.admin.upload(bom, { name: "inside", version: "1" });
  await cluster.admin.processed(token, PROCESSED_MAX_MS);
  expect(await findingsOf(projectUuid)).toEqual(["GHSA-aaaa-aaaa-aaaa"]);
  writeNpmAdvisories(outside, [
    npmAdvisory("GHSA-aaaa-aaaa-aaaa", "left", "2.0.0"),
    npmAdvisory("GHSA-bbbb-bbbb-bbbb", "right", "2.0.0"),
  ]);
  await carry("second");
  await expect
    .poll(() => findingsOf(projectUuid), { timeout: PROCESSED_MAX_MS })
    .toEqual(["GHSA-aaaa-aaaa-aaaa", "GHSA-bbbb-bbbb-bbbb"]);
});

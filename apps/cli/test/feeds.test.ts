import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { zip } from "../src/demo/zip.ts";
import { runCli, scratchDirectory } from "./run-cli.ts";
import { on, startStubApi } from "./stub-api.ts";

/** Other people's servers: files by path, with entity tags and times. */
const feeds = new Map<string, string>();
const refusals: ((response: ServerResponse) => void)[] = [];
let requests: string[] = [];
const server = createServer((request, response) => {
  const path = decodeURIComponent(request.url ?? "").slice(1);
  const content = feeds.get(path);
  const refusal = refusals.shift();
  if (refusal !== undefined) return refusal(response);
  const etag = content === undefined ? "" : `"${createHash("sha256").update(content).digest("hex").slice(0, 16)}"`;
  const status = content === undefined ? 404 : request.headers["if-none-match"] === etag ? 304 : 200;
  requests.push(`${path} ${status}`);
  const headers = content === undefined ? {} : { etag, "last-modified": "Fri, 02 Jan 2026 03:04:05 GMT" };
  response.writeHead(status, headers).end(status === 200 ? content : "");
});
let base: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  feeds.clear();
  refusals.length = 0;
  requests = [];
  feeds.set("osv/npm/all.zip", "npm archive");
  feeds.set("osv/npm/modified_id.csv", "2026-01-02T03:04:05Z,GHSA-1");
  feeds.set("epss/epss_scores-current.csv.gz", "scores");
  feeds.set("cisa/known_exploited_vulnerabilities.json", "{}");
});

const FROM = () => ["osv", "epss", "cisa"].flatMap((name) => ["--from", `${name}=${base}/${name}`]);
const make = (file: string, ...more: string[]) =>
  runCli(["feeds", "export", file, "--sources", "osv,epss,cisa", "--ecosystems", "npm", ...FROM(), ...more]);
const take = (file: string, directory: string, ...more: string[]) =>
  runCli(["feeds", "import", file, "--directory", directory, ...more]);
const filesIn = (directory: string) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(directory.length + 1))
    .sort();

describe("a bundle", () => {
  test("carries feeds from their addresses into a directory, with their times; what it no longer has goes", async () => {
    using scratch = scratchDirectory();
    const [file, directory] = [join(scratch.path, "feeds.zip"), join(scratch.path, "air gapped")];
    const made = await make(file);
    expect(made, made.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining("OSV: 2 files") });
    expect(requests.indexOf("osv/npm/modified_id.csv 200")).toBeLessThan(requests.indexOf("osv/npm/all.zip 200"));
    expect(filesIn(scratch.path)).toEqual(["feeds.zip"]);
    mkdirSync(join(directory, "osv/PyPI"), { recursive: true });
    writeFileSync(join(directory, "osv/PyPI/all.zip"), "of an earlier bundle");
    writeFileSync(join(directory, "kept.txt"), "not ours");
    const taken = await take(file, directory);
    expect(taken, taken.stderr).toMatchObject({ code: 0 });
    expect(taken.stdout).toContain(`dataUrl of OSV: ${pathToFileURL(join(directory, "osv")).href}`);
    expect(taken.stdout).toContain("cisa/known_exploited_vulnerabilities.json");
    expect(filesIn(directory)).toEqual([
      "cisa/known_exploited_vulnerabilities.json",
      "epss/epss_scores-current.csv.gz",
      "kept.txt",
      "osv/npm/all.zip",
      "osv/npm/modified_id.csv",
    ]);
    expect(readFileSync(join(directory, "osv/npm/all.zip"), "utf8")).toBe("npm archive");
    expect(statSync(join(directory, "osv/npm/all.zip")).mtime).toEqual(new Date("2026-01-02T03:04:05Z"));
  });

  test("is made from a directory too, and not over another one unless forced", async () => {
    using scratch = scratchDirectory();
    const file = join(scratch.path, "feeds.zip");
    const folder = join(scratch.path, "mirror");
    mkdirSync(folder);
    writeFileSync(join(folder, "epss_scores-current.csv.gz"), "scores");
    const args = ["feeds", "export", file, "--sources", "epss", "--from", `epss=${pathToFileURL(folder).href}`];
    expect(await runCli(args)).toMatchObject({ code: 0 });
    expect(await runCli(args)).toMatchObject({ code: 2, stderr: expect.stringContaining("--force") });
    expect(await runCli([...args, "--force"])).toMatchObject({ code: 0 });
  });

  test("is not written while a feed is missing; the next attempt asks only for what it does not have", async () => {
    using scratch = scratchDirectory();
    const file = join(scratch.path, "feeds.zip");
    feeds.delete("cisa/known_exploited_vulnerabilities.json");
    expect(await make(file)).toMatchObject({ code: 1, stderr: expect.stringContaining("does not exist") });
    expect(existsSync(file)).toBe(false);
    feeds.set("cisa/known_exploited_vulnerabilities.json", "{}");
    requests = [];
    expect(await make(file)).toMatchObject({ code: 0 });
    expect(requests.filter((request) => request.endsWith("200"))).toEqual([
      "cisa/known_exploited_vulnerabilities.json 200",
    ]);
  });

  test("waits as a server asks it to, and tries a cut answer again", async () => {
    using scratch = scratchDirectory();
    refusals.push((response) => response.writeHead(429, { "retry-after": "0" }).end());
    refusals.push((response) => {
      response.writeHead(200, { "content-length": "1000" }).write("half");
      response.destroy();
    });
    const made = await make(join(scratch.path, "feeds.zip"));
    expect(made, made.stderr).toMatchObject({ code: 0 });
  });

  test("says when the time is up", async () => {
    using scratch = scratchDirectory();
    refusals.push(() => undefined);
    const made = await make(join(scratch.path, "feeds.zip"), "--timeout", "1");
    expect(made).toMatchObject({ code: 5, stderr: expect.stringContaining("Not finished within 1 s (--timeout)") });
  });

  test("sets the sources of a server and starts their mirrors", async () => {
    using scratch = scratchDirectory();
    const [file, directory] = [join(scratch.path, "feeds.zip"), join(scratch.path, "feeds")];
    await make(file, "--sources", "osv");
    const config = "/api/v2/extension-points/vuln-data-source/extensions/osv/config";
    await using stub = await startStubApi(
      on("GET", config, () => ({ body: { config: { enabled: false, aliasSyncEnabled: true } } })),
      on("PUT", config, () => ({ status: 204 })),
      on("POST", "/api/v2/vuln-data-sources/osv/mirror-runs", () => ({ status: 202 })),
    );
    const run = await take(file, directory, "--mirror", "--url", stub.url, "--api-key", "k");
    expect(run, run.stderr).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("A mirror run of OSV has started"),
    });
    expect(JSON.parse(stub.of("PUT", config)[0]?.body ?? "").config).toEqual({
      enabled: true,
      aliasSyncEnabled: true,
      dataUrl: pathToFileURL(join(directory, "osv")).href,
      ecosystems: ["npm"],
    });
  });
});

describe("refused, with nothing changed, is a bundle", () => {
  const member = {
    path: "epss_scores-current.csv.gz",
    size: 6,
    sha256: createHash("sha256").update("scores").digest("hex"),
  };
  const manifest = (files: object[] = [member], more: object = {}) => ({
    name: "manifest.json",
    bytes: Buffer.from(
      JSON.stringify({
        format: "evertrack-feeds/1",
        created_at: "2026-01-02T03:04:05Z",
        sources: [{ name: "epss", address: "https://example.org", files }],
        ...more,
      }),
    ),
  });
  const scores = (text = "scores", name = `epss/${member.path}`) => ({ name, bytes: Buffer.from(text) });

  test.for([
    ["whose member was changed", [manifest(), scores("SCORES")], `"epss/${member.path}" is not what the manifest says`],
    ["whose member is longer", [manifest(), scores("scores and more")], "is not as long as the manifest says"],
    ["without a member", [manifest()], `"epss/${member.path}" is missing`],
    [
      "with a member more",
      [manifest(), scores(), scores("x", "epss/extra")],
      '"epss/extra" is not in its manifest.json',
    ],
    [
      "that leads out of the directory",
      [manifest([{ ...member, path: "../../x" }]), scores("scores", "epss/x")],
      "is no path of a feed",
    ],
    [
      "of another format",
      [manifest([member], { format: "evertrack-feeds/9" }), scores()],
      "manifest.json cannot be read: format",
    ],
    ["without a manifest", [scores()], "it has no manifest.json"],
  ] as const)("%s", async ([, members, message]) => {
    using scratch = scratchDirectory();
    const [file, directory] = [join(scratch.path, "feeds.zip"), join(scratch.path, "feeds")];
    mkdirSync(join(directory, "epss"), { recursive: true });
    writeFileSync(join(directory, "epss", member.path), "older");
    writeFileSync(file, zip([...members]));
    expect(await take(file, directory)).toMatchObject({ code: 3, stderr: expect.stringContaining(message) });
    expect(filesIn(directory)).toEqual([`epss/${member.path}`]);
    expect(readFileSync(join(directory, "epss", member.path), "utf8")).toBe("older");
  });

  test("that is cut off; a file that is not there is wrong use", async () => {
    using scratch = scratchDirectory();
    const file = join(scratch.path, "feeds.zip");
    await make(file);
    writeFileSync(file, readFileSync(file).subarray(0, -40));
    expect(await take(file, scratch.path)).toMatchObject({ code: 3, stderr: expect.stringContaining("cut off") });
    expect(await take(join(scratch.path, "none"), scratch.path)).toMatchObject({ code: 2 });
  });
});

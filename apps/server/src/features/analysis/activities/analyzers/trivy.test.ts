import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { parsePurl } from "@evertrack/matching";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Config } from "../../../../platform/config/index.ts";
import { mapSource } from "../../../../platform/config/sources.ts";
import { createOutbound } from "../../../../platform/outbound/index.ts";
import { trivy } from "./trivy.ts";

/** A Trivy server that keeps blobs and knows vulnerabilities by purl. */
const stub = {
  url: "",
  calls: [] as { method: string; token: unknown; body: Record<string, unknown> }[],
  blobs: new Map<string, unknown>(),
  knows: new Map<string, object[]>(),
  scanStatus: 200,
};
const http = createServer(async (request, response) => {
  const method = request.url?.split("/").at(-1) ?? "";
  const body = JSON.parse(await text(request)) as Record<string, unknown>;
  stub.calls.push({ method: request.url ?? "", token: request.headers["trivy-token"], body });
  if (method === "PutBlob") stub.blobs.set(body.diff_id as string, body.blob_info);
  if (method === "DeleteBlobs") for (const id of body.blob_ids as string[]) stub.blobs.delete(id);
  const scanned = method === "Scan" ? JSON.stringify(stub.blobs.get((body.blob_ids as string[])[0] ?? "")) : "";
  const vulnerabilities = [...stub.knows].flatMap(([purl, known]) =>
    scanned.includes(`"${purl}"`) ? known.map((one) => ({ ...one, pkg_identifier: { purl } })) : [],
  );
  response.writeHead(method === "Scan" ? stub.scanStatus : 200, { "content-type": "application/json" });
  response.end(JSON.stringify(method === "Scan" ? { os: null, results: [{ class: "x", vulnerabilities }] } : {}));
});
const outbound = createOutbound({ connectTimeoutMs: 5_000 });
const properties = {
  "dt.vuln-analyzer.trivy.allow-local-connections": "true",
  "dt.vuln-analyzer.trivy.api-token": "t0ken",
};
const analyzer = trivy({ config: new Config([mapSource("test", new Map(Object.entries(properties)))]), outbound });

beforeAll(async () => {
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  stub.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`;
});
afterAll(async () => {
  await outbound.close();
  http.closeAllConnections();
  http.close();
});
beforeEach(() => {
  stub.calls = [];
  stub.blobs.clear();
  stub.knows.clear();
  stub.scanStatus = 200;
});

const keyOf = (purl: string, noted: Record<string, string> = {}) =>
  analyzer.keyOf({ purl: parsePurl(purl, { mode: "lenient" }), text: purl, trivy: noted });
async function ask(keys: readonly (string | undefined)[], more: object = {}) {
  const config = { enabled: true, apiUrl: stub.url, ignoreUnfixed: false, scanLibrary: true, scanOs: true, ...more };
  return analyzer.ask(
    config,
    keys.filter((key) => key !== undefined),
    new AbortController().signal,
  );
}
const blobsPut = () => stub.calls.flatMap(({ body }) => (body.blob_info === undefined ? [] : [body.blob_info]));
const known = (id: string, more: object = {}) => ({ vulnerability_id: id, severity: "HIGH", status: 3, ...more });

describe("Trivy", () => {
  test("scans libraries by ecosystem in one blob, which is deleted, and tells what it found of each", async () => {
    const [npm, maven] = ["pkg:npm/%40a/b@1.0.0", "pkg:maven/org.x/y@2"];
    stub.knows.set(npm, [known("cve-2026-1001"), known("GHSA-aaaa-bbbb-cccc")]);
    const found = await ask([keyOf(npm), keyOf(maven), keyOf("pkg:npm/none")]);
    expect([...found].map(([key, all]) => [key, all.map(({ source, vulnId }) => `${source} ${vulnId}`)])).toEqual([
      [keyOf(npm), ["NVD CVE-2026-1001", "GITHUB GHSA-aaaa-bbbb-cccc"]],
      [keyOf(maven), []],
    ]);
    expect(blobsPut()).toEqual([
      {
        schema_version: 2,
        applications: [
          { type: "node-pkg", packages: [{ name: "@a/b", version: "1.0.0", identifier: { purl: npm } }] },
          { type: "jar", packages: [{ name: "org.x:y", version: "2", identifier: { purl: maven } }] },
        ],
      },
    ]);
    expect(stub.calls.map(({ method, token }) => [method, token])).toEqual(
      ["trivy.cache.v1.Cache/PutBlob", "trivy.scanner.v1.Scanner/Scan", "trivy.cache.v1.Cache/DeleteBlobs"].map(
        (method) => [`/twirp/${method}`, "t0ken"],
      ),
    );
    expect(stub.blobs.size).toBe(0);
  });

  test("scans packages of each operating system apart, by their sources", async () => {
    const bullseye = "pkg:deb/debian/libssl1.1@1.1.1d-0?arch=arm64&distro=debian-10.2&epoch=1";
    const noted = "pkg:rpm/x/bash@5.1";
    const found = await ask([
      keyOf(bullseye, { SrcName: "openssl", SrcVersion: "1.1.1d", SrcRelease: "0", SrcEpoch: "2" }),
      keyOf(noted, { PkgType: "rocky", "PkgType-distro": "9.3" }),
      keyOf("pkg:npm/a@1"),
    ]);
    expect(found.size).toBe(3);
    expect(blobsPut().slice(1)).toEqual([
      {
        schema_version: 2,
        os: { family: "debian", name: "10.2" },
        package_infos: [
          {
            packages: [
              {
                name: "libssl1.1",
                version: "1.1.1d-0",
                epoch: 1,
                arch: "arm64",
                src_name: "openssl",
                src_version: "1.1.1d",
                src_release: "0",
                src_epoch: 2,
                identifier: { purl: bullseye },
              },
            ],
          },
        ],
      },
      expect.objectContaining({ os: { family: "rocky", name: "9.3" } }),
    ]);
    stub.calls = [];
    expect((await ask([keyOf(bullseye)], { scanOs: false })).get(keyOf(bullseye) ?? "")).toEqual([]);
    expect(stub.calls).toEqual([]);
  });

  test("rates as the source does that its severity is from, and leaves out what no version mends where that is wanted", async () => {
    const purl = "pkg:npm/rated@1";
    const vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
    stub.knows.set(purl, [
      known("CVE-2026-1", {
        severity_source: "nvd",
        cvss: { nvd: { v3_vector: vector, v3_score: 9.8 }, redhat: { v3_score: 1 } },
      }),
      known("CVE-2026-2", { status: 2, severity_source: "ghsa" }),
    ]);
    const ratings = async (more: object = {}) =>
      [...(await ask([keyOf(purl)], more)).values()].flat().map((one) => one.ratings);
    const rated = { source: "nvd", method: "CVSSV31", vector, score: 9.8 };
    expect(await ratings()).toEqual([[rated], [{ source: "ghsa", severity: "HIGH" }]]);
    expect(await ratings({ ignoreUnfixed: true })).toEqual([[rated]]);
  });

  test("is asked again where it is overloaded; what it cannot be understood by changes nothing; its blob goes either way", async () => {
    stub.scanStatus = 503;
    await expect(ask([keyOf("pkg:npm/a@1")])).rejects.toMatchObject({ name: "Retryable" });
    stub.scanStatus = 401;
    await expect(ask([keyOf("pkg:npm/a@1")])).rejects.toMatchObject({ name: "Terminal" });
    stub.scanStatus = 200;
    stub.knows.set("pkg:npm/a@1", [known("")]);
    await expect(ask([keyOf("pkg:npm/a@1")])).rejects.toThrow("unreadable");
    expect(stub.blobs.size).toBe(0);
  });
});

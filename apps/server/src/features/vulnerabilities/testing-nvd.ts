import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

/** A record of NVD about all versions of a product before 2.0. */
export function cve(id: string, members: Record<string, unknown> = {}): { cve: Record<string, unknown> } {
  return {
    cve: {
      id,
      published: "2025-12-01T00:00:00.000",
      lastModified: "2026-01-01T00:00:00.000",
      vulnStatus: "Analyzed",
      descriptions: [{ lang: "en", value: `Something about ${id}` }],
      configurations: [configuration([before("2.0")])],
      ...members,
    },
  };
}

/** One node that names any of the criteria. */
export function configuration(cpeMatch: Record<string, unknown>[], operator = "OR") {
  return { nodes: [{ operator, negate: false, cpeMatch }] };
}

/** All versions of a product before `version`. */
export function before(version: string, product = "sample", vendor = "acme") {
  return {
    vulnerable: true,
    criteria: `cpe:2.3:a:${vendor}:${product}:*:*:*:*:*:*:*:*`,
    versionEndExcluding: version,
  };
}

/** A feed's text. */
export function feedText(records: readonly unknown[]): string {
  return JSON.stringify({ format: "NVD_CVE", version: "2.0", totalResults: records.length, vulnerabilities: records });
}

/** The files of a feed in the layout of NVD; without `.meta` unless wanted. */
export function feedFiles(feed: string, text: string, { meta = true } = {}): Map<string, Buffer> {
  const path = `json/cve/2.0/nvdcve-2.0-${feed}`;
  const files = new Map([[`${path}.json.gz`, gzipSync(text)]]);
  const sha256 = createHash("sha256").update(text).digest("hex").toUpperCase();
  if (meta)
    files.set(`${path}.meta`, Buffer.from(`lastModifiedDate:2026-01-01T00:00:00-05:00\r\nsha256:${sha256}\r\n`));
  return files;
}

/** What a test's server answers instead of a file. */
export interface StubAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: Buffer | undefined;
}

/** A server of feeds: files with entity tags, answers in their place, and what was asked for (with 304 where that was the answer). */
export async function serveFeeds(
  files: ReadonlyMap<string, Buffer>,
  answers: ReadonlyMap<string, () => StubAnswer | undefined>,
) {
  const requests: string[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    const path = (request.url ?? "").replace(/^\//, "");
    const file = files.get(path);
    const etag = file && `"${createHash("sha256").update(file).digest("hex").slice(0, 16)}"`;
    const isKnown = etag !== undefined && request.headers["if-none-match"] === etag;
    const stub = answers.get(path)?.();
    const answer = stub ?? { status: file === undefined ? 404 : isKnown ? 304 : 200, body: isKnown ? undefined : file };
    requests.push(`${path.replace("json/cve/2.0/nvdcve-2.0-", "")} ${answer.status}`);
    response.writeHead(answer.status, { ...(etag !== undefined && { etag }), ...stub?.headers });
    response.end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

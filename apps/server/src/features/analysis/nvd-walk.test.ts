import { until } from "@evertrack/engine/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestServer, testServer } from "../../testing/test-server.ts";
import { before, configuration, cve, feedFiles, feedText, serveFeeds } from "../vulnerabilities/testing-nvd.ts";

const SOON_MS = 60_000;
const CPE = "cpe:2.3:a:acme:walked:1.5:*:*:*:*:*:*:*";

let server: TestServer;
let feeds: Awaited<ReturnType<typeof serveFeeds>>;
let key: string;
const files = new Map<string, Buffer>();

beforeAll(async () => {
  feeds = await serveFeeds(files, new Map());
  server = await testServer({
    working: true,
    properties: { "dt.vuln-data-source.nvd.allow-local-connections": "true" },
  });
  const permissions = ["BOM_UPLOAD", "PROJECT_CREATION_UPLOAD", "VIEW_PORTFOLIO", "VIEW_VULNERABILITY"] as const;
  key = (await server.keyWith([...permissions, "SYSTEM_CONFIGURATION"])).key;
});
afterAll(async () => {
  await server?.close();
  feeds?.close();
});

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await server.request(method, `/api/${path}`, { key, ...(body === undefined ? {} : { body }) });
  expect(answer.statusCode, answer.payload).toBeLessThan(300);
  return answer.payload === "" ? (undefined as T) : answer.json<T>();
}

async function mirrored(text: string): Promise<void> {
  for (const [path, content] of feedFiles("modified", text)) files.set(path, content);
  await call("POST", "v2/vuln-data-sources/nvd/mirror-runs");
  await until(
    "the mirror has completed",
    async () =>
      (await call<{ status: string }>("GET", "v2/vuln-data-sources/nvd/mirror-runs/latest")).status === "COMPLETED",
    SOON_MS,
  );
}

interface Finding {
  component: { name: string };
  vulnerability: { uuid: string; vulnId: string; source: string };
  attribution: { analyzerIdentity: string };
}

test("NVD is configured and mirrored over the API, found for an uploaded CPE, followed, and shown", async () => {
  const config = { enabled: true, cveFeedsUrl: feeds.url };
  await call("PUT", "v2/extension-points/vuln-data-source/extensions/nvd/config", { config });
  const affecting = { configurations: [configuration([before("2.0", "walked")])] };
  await mirrored(feedText([cve("CVE-2026-0001", affecting)]));

  const components = [{ type: "library", name: "walked", version: "1.5", cpe: CPE }];
  const bom = JSON.stringify({ bomFormat: "CycloneDX", specVersion: "1.6", version: 1, components });
  const body = { projectName: "walk", projectVersion: "1", autoCreate: true, bom: Buffer.from(bom).toString("base64") };
  const { token, projectUuid } = await call<{ token: string; projectUuid: string }>("PUT", "v1/bom", body);
  const isProcessing = async () => (await call<{ processing: boolean }>("GET", `v1/event/token/${token}`)).processing;
  await until("the token is done", async () => !(await isProcessing()), SOON_MS);

  const findings = () => call<Finding[]>("GET", `v1/finding/project/${projectUuid}`);
  const [finding] = await findings();
  expect(finding).toMatchObject({
    component: { name: "walked" },
    vulnerability: { vulnId: "CVE-2026-0001", source: "NVD" },
    attribution: { analyzerIdentity: "INTERNAL_ANALYZER" },
  });
  const shown = await call("GET", "v1/vulnerability/source/NVD/vuln/CVE-2026-0001");
  expect(shown).toMatchObject({
    affectedComponents: [
      {
        identity: "cpe:2.3:a:acme:walked:*:*:*:*:*:*:*:*",
        identityType: "CPE",
        versionType: "RANGE",
        versionEndExcluding: "2.0",
      },
    ],
  });

  const second = cve("CVE-2026-0002", affecting);
  await mirrored(
    feedText([
      cve("CVE-2026-0001", { ...affecting, vulnStatus: "Rejected", lastModified: "2026-02-01T00:00:00" }),
      second,
    ]),
  );
  await until(
    "findings have followed",
    async () => String((await findings()).map(({ vulnerability }) => vulnerability.vulnId)) === "CVE-2026-0002",
    SOON_MS,
  );
});

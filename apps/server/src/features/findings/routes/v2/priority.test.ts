import { findingPriorityResponse } from "@evertrack/contract/v2/priority";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Seed } from "../../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";

const TOTAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
const UNKNOWN = "11111111-2222-3333-4444-555555555555";

let server: TestServer;
let seed: Seed;
let key: string;
let component: string;
let identityId: number;

beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
  key = (await server.keyWith(["VIEW_VULNERABILITY"])).key;
  const project = await seed.project();
  identityId = await seed.identity("pkg:npm/urgent@1.0.0");
  component = (await seed.component(project.id, identityId)).uuid;
});
afterAll(() => server?.close());

/** UUID of a vulnerability the component is affected by. */
async function affectedBy(id: string, columns: { vector?: string; score?: number } = {}, matched = true) {
  const vulnerabilityId = await seed.advisory({
    id,
    source: id.startsWith("CVE") ? "NVD" : "GITHUB",
    packageKey: "npm/x",
  });
  const [row] = await seed.rows<{ uuid: string }>(
    "update vulnerability set cvss_v3_vector = $2, cvss_v3_score = $3 where id = $1 returning uuid",
    [vulnerabilityId, columns.vector ?? null, columns.score ?? null],
  );
  if (matched) await seed.match(vulnerabilityId, identityId);
  return row?.uuid ?? "";
}

const ask = (vulnerability: string, query = "", caller = key, of = component) =>
  server.request("GET", `/api/v2/components/${of}/vulnerabilities/${vulnerability}/priority${query}`, { key: caller });

describe("the priority of a finding", () => {
  test("is decided by what is listed, scored and rated, under any name, and tells what of it decided", async () => {
    const vulnerability = await affectedBy("GHSA-urgent", { vector: TOTAL, score: 9.8 });
    await seed.aliases("GITHUB GHSA-urgent", "NVD CVE-2026-1");
    const asked = await ask(vulnerability, "?exposure=open");
    expect(asked.json()).toMatchObject({ decision: "ATTEND", inputs: { is_kev: false } });
    await seed.rows("insert into epss_score values ('CVE-2026-1', 0.4, 0.97)");
    expect((await ask(vulnerability)).json()).toMatchObject({ decision: "TRACK_CLOSELY" });
    await seed.rows("insert into kev_assertion (vuln_id, source, asserter) values ('CVE-2026-1', 'NVD', 'CISA')");
    const answer = await ask(vulnerability, "?exposure=controlled");
    expect(answer.json()).toEqual({
      component: { uuid: component, name: "urgent" },
      vulnerability: { uuid: vulnerability, source: "GITHUB", vuln_id: "GHSA-urgent" },
      decision: "ACT",
      reasons: [
        { question: "exploitation", answer: "active", because: "listed as known to be exploited" },
        { question: "automatable", answer: "yes", because: "from the network, without privileges, help or luck" },
        { question: "technicalImpact", answer: "total", because: "CVSS impacts H, H, H" },
        { question: "missionImpact", answer: "medium", because: "exposure controlled" },
      ],
      inputs: {
        is_kev: true,
        epss_score: 0.4,
        epss_percentile: 0.97,
        cvss_vector: TOTAL,
        cvss_score: 9.8,
        exposure: "controlled",
      },
    });
    expect(() => findingPriorityResponse.parse(answer.json())).not.toThrow();
  });

  test("is told with what was assumed where nothing is known, and a vector that cannot be read counts as none", async () => {
    for (const vulnerability of [await affectedBy("GHSA-bare"), await affectedBy("GHSA-odd", { vector: "v3" })]) {
      const { decision, reasons, inputs } = (await ask(vulnerability)).json();
      expect(decision).toBe("TRACK");
      expect(reasons.filter(({ because }: { because: string }) => because.includes("assumed"))).toHaveLength(3);
      expect(inputs).toEqual({ is_kev: false });
    }
  });

  test("is refused for what is no finding, an exposure nobody knows, and without permission", async () => {
    const unmatched = await affectedBy("GHSA-other", {}, false);
    expect((await ask(unmatched)).statusCode).toBe(404);
    expect((await ask(UNKNOWN)).statusCode).toBe(404);
    expect((await ask(unmatched, "", key, UNKNOWN)).statusCode).toBe(404);
    expect((await ask(unmatched, "?exposure=vast")).statusCode).toBe(400);
    expect((await ask(unmatched, "", (await server.keyWith(["VIEW_PORTFOLIO"])).key)).statusCode).toBe(403);
  });

  test("is not told to people who may not see the project", async () => {
    const vulnerability = await affectedBy("GHSA-hidden");
    const acl = "update config_property set property_value = $1 where property_name = 'acl.enabled'";
    await seed.rows(acl, ["true"]);
    const asked = async () => (await ask(vulnerability)).statusCode;
    await expect.poll(asked, { timeout: 10_000 }).toBe(403);
    await seed.rows(acl, ["false"]);
    await expect.poll(asked, { timeout: 10_000 }).toBe(200);
  });
});

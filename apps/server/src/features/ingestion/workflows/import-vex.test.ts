import type { VexImportStatus } from "@evertrack/contract/v2/vex-imports";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Seed } from "../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { base64, bomOf, processed } from "../testing.ts";

/** Here the engine works: an upload becomes analyses. */
let server: TestServer;
let seed: Seed;
let key: string;
beforeAll(async () => {
  // The relay would carry events away before they are looked at.
  const properties = {
    "dt.notification.outbox-relay.enabled": "false",
    "dt.task-scheduler.enabled": "false",
  };
  server = await testServer({ working: true, properties });
  seed = new Seed(server.database.executor);
  key = (await server.keyWith(["VULNERABILITY_ANALYSIS", "VIEW_VULNERABILITY", "VIEW_PORTFOLIO"])).key;
});
afterAll(() => server?.close());

let counter = 0;

interface Prepared {
  project: string;
  vulnId: string;
  vulnerability: string;
  /** UUIDs of the components, by purl. */
  components: Record<string, string>;
}

/** A project whose components all have one finding of the same vulnerability. */
async function prepared(purls: readonly string[], vulnId = `CVE-2026-${++counter}`, source = "NVD"): Promise<Prepared> {
  const project = await seed.project();
  const id = await seed.advisory({ id: vulnId, source, packageKey: "npm/none" });
  const components: Record<string, string> = {};
  for (const purl of purls) {
    const identityId = await seed.identity(purl);
    await seed.rows("update component_identity set purl_coordinates = split_part($2, '?', 1) where id = $1", [
      identityId,
      purl,
    ]);
    components[purl] = (await seed.component(project.id, identityId)).uuid;
    await seed.match(id, identityId);
  }
  const [row] = await seed.rows<{ uuid: string }>("select uuid from vulnerability where id = $1", [id]);
  return { project: project.uuid, vulnId, vulnerability: row?.uuid ?? "", components };
}

async function imported(project: string, vex: string): Promise<VexImportStatus> {
  const answer = await server.request("PUT", "/api/v1/vex", { key, body: { project, vex: base64(vex) } });
  expect(answer.statusCode, answer.payload).toBe(200);
  const { token } = answer.json<{ token: string }>();
  await processed(server, key, token);
  const status = await server.request("GET", `/api/v2/internal/vex-imports/${token}`, { key });
  expect(status.statusCode, status.payload).toBe(200);
  return status.json();
}

interface Shown {
  analysisState: string;
  isSuppressed: boolean;
  analysisComments: { comment: string; commenter: string }[];
  [member: string]: unknown;
}

async function analysisOf({ vulnerability }: Prepared, component = ""): Promise<Shown | undefined> {
  const query = new URLSearchParams({ component, vulnerability });
  const answer = await server.request("GET", `/api/v1/analysis?${query}`, { key });
  return answer.statusCode === 404 ? undefined : answer.json();
}

const entry = ({ vulnId }: Prepared, refs: string[], analysis: object, members: object = {}) => ({
  id: vulnId,
  source: { name: "NVD" },
  affects: refs.map((ref) => ({ ref })),
  analysis,
  ...members,
});
const vexOf = (vulnerabilities: object[], members: Record<string, unknown> = {}) =>
  bomOf([], { vulnerabilities, ...members });
const eventsOf = async (project: string) =>
  (await seed.rows<{ type: string }>("select type from outbox_event where subject = $1 order by id", [project])).map(
    ({ type }) => type,
  );

const NOT_AFFECTED = {
  state: "not_affected",
  justification: "code_not_reachable",
  response: ["can_not_fix", "will_not_fix"],
  detail: "never called",
};

describe("an applied VEX", () => {
  test("decides findings of a component in all respects, with the trail in its own name, and tells so", async () => {
    const [a, b] = ["pkg:npm/a@1", "pkg:npm/b@1"];
    const given = await prepared([a, b]);
    const ratings = [{ method: "OWASP", score: 7.25, vector: "SL:1/M:4" }];
    const components = [{ type: "library", "bom-ref": "ref-a", name: "a", version: "1", purl: a }];
    const status = await imported(
      given.project,
      vexOf([entry(given, ["ref-a"], NOT_AFFECTED, { ratings })], { components }),
    );
    expect(status).toMatchObject({ status: "PROCESSED", applied: 1, unchanged: 0, processing: false });
    expect(status.notes.map(({ code, path }) => [code, path])).toEqual([["response-left-out", "/vulnerabilities/0"]]);
    const shown = await analysisOf(given, given.components[a]);
    expect(shown).toMatchObject({
      analysisState: "NOT_AFFECTED",
      analysisJustification: "CODE_NOT_REACHABLE",
      analysisResponse: "WILL_NOT_FIX",
      analysisDetails: "never called",
      isSuppressed: true,
      owaspVector: "SL:1/M:4",
      owaspScore: 7.25,
    });
    expect(shown?.analysisComments.map(({ comment }) => comment)).toEqual([
      "Analysis: NOT_SET → NOT_AFFECTED",
      "Justification: NOT_SET → CODE_NOT_REACHABLE",
      "Vendor Response: NOT_SET → WILL_NOT_FIX",
      "Details: never called",
      "Suppressed",
    ]);
    expect(new Set(shown?.analysisComments.map(({ commenter }) => commenter))).toEqual(new Set(["CycloneDX VEX"]));
    expect(await analysisOf(given, given.components[b])).toBeUndefined();
    expect(await eventsOf(given.project)).toEqual(["PROJECT_AUDIT_CHANGE", "VEX_CONSUMED", "VEX_PROCESSED"]);
  });

  test("imported again changes nothing and writes no trail", async () => {
    const purl = "pkg:npm/again@1";
    const given = await prepared([purl]);
    const vex = vexOf([
      entry(given, [purl], { state: "exploitable" }),
      entry(given, [purl], NOT_AFFECTED, { ratings: [{ method: "OWASP", score: 3.123456789, vector: "SL:1" }] }),
    ]);
    expect(await imported(given.project, vex)).toMatchObject({ applied: 1, unchanged: 0 });
    const first = await analysisOf(given, given.components[purl]);
    expect(first).toMatchObject({ analysisState: "NOT_AFFECTED" });
    expect(await imported(given.project, vex)).toMatchObject({ applied: 0, unchanged: 1 });
    expect(await analysisOf(given, given.components[purl])).toEqual(first);
    expect((await eventsOf(given.project)).filter((type) => type === "PROJECT_AUDIT_CHANGE")).toHaveLength(1);
  });

  test.each(["project", "subject", "BOM-Link"])("about the whole %s decides each of its findings", async (kind) => {
    const purls = [`pkg:npm/x-${kind}@1`, `pkg:npm/y-${kind}@1`];
    const given = await prepared(purls);
    const subject = { metadata: { component: { type: "application", name: "app", "bom-ref": "the-app" } } };
    const link = "urn:cdx:f08a6ccd-4dce-4759-bd84-c626675d60a7/1";
    const ref = { project: given.project, subject: "the-app", "BOM-Link": link }[kind] ?? "";
    const status = await imported(given.project, vexOf([entry(given, [ref], { state: "in_triage" })], subject));
    expect(status).toMatchObject({ applied: 2, notes: [] });
    for (const purl of purls) {
      const shown = await analysisOf(given, given.components[purl]);
      expect(shown).toMatchObject({ analysisState: "IN_TRIAGE", isSuppressed: false });
    }
  });

  test("finds components by UUID, by purl, by its coordinates, and through BOM-Links to them; what is exact counts more", async () => {
    const [jar, war] = ["pkg:maven/g/n@1?type=jar", "pkg:maven/g/n@1?type=war"];
    const link = "urn:cdx:f08a6ccd-4dce-4759-bd84-c626675d60a7/1#";
    const cases: [(given: Prepared) => string, string[]][] = [
      [({ components }) => components[jar] ?? "", [jar]],
      [() => war, [war]],
      [() => "pkg:maven/g/n@1", [jar, war]],
      [() => link + encodeURIComponent(war), [war]],
      [({ components }) => link + components[jar], [jar]],
    ];
    for (const [refOf, decided] of cases) {
      const given = await prepared([jar, war]);
      const status = await imported(given.project, vexOf([entry(given, [refOf(given)], { state: "exploitable" })]));
      expect(status, refOf(given)).toMatchObject({ applied: decided.length });
      for (const purl of [jar, war]) {
        const shown = await analysisOf(given, given.components[purl]);
        expect(shown !== undefined, `${refOf(given)} decides ${purl}`).toBe(decided.includes(purl));
      }
    }
  });

  test("what is said of a component counts more than what is said of the project, wherever it stands", async () => {
    const [a, b] = ["pkg:npm/special@1", "pkg:npm/other@1"];
    const given = await prepared([a, b]);
    const vex = vexOf([
      entry(given, [a], { state: "exploitable" }),
      entry(given, [given.project], { state: "false_positive" }),
    ]);
    await imported(given.project, vex);
    expect(await analysisOf(given, given.components[a])).toMatchObject({ analysisState: "EXPLOITABLE" });
    expect(await analysisOf(given, given.components[b])).toMatchObject({ analysisState: "FALSE_POSITIVE" });
  });

  test("says by property whether a finding is suppressed, with or without an analysis", async () => {
    const purl = "pkg:npm/suppressed@1";
    const given = await prepared([purl]);
    const property = (value: string) => ({ properties: [{ name: "evertrack:suppressed", value }] });
    const { analysis: _, ...bare } = entry(given, [purl], {}, property("true"));
    await imported(given.project, vexOf([bare]));
    expect(await analysisOf(given, given.components[purl])).toMatchObject({
      analysisState: "NOT_SET",
      isSuppressed: true,
    });
    await imported(given.project, vexOf([entry(given, [purl], { state: "resolved" }, property("false"))]));
    expect(await analysisOf(given, given.components[purl])).toMatchObject({
      analysisState: "RESOLVED",
      isSuppressed: false,
    });
  });

  test("tells what was not applied, with place and reason; the rest is applied", async () => {
    const purl = "pkg:npm/noted@1";
    const given = await prepared([purl]);
    const state = { state: "exploitable" };
    const status = await imported(
      given.project,
      vexOf([
        { ...entry(given, [purl], state), id: undefined },
        entry(given, [purl], state, { source: { name: "Somebody" } }),
        { ...entry(given, [purl], state), analysis: undefined },
        entry(given, [], state),
        entry(given, ["nothing"], state),
        { ...entry(given, [purl], state), id: "CVE-1999-0001" },
        entry(given, ["pkg:npm/absent@1"], state),
        entry(given, [purl], { state: "resolved_with_pedigree" }, { source: undefined }),
      ]),
    );
    expect(status).toMatchObject({ status: "PROCESSED", note_count: 8 });
    expect(status.notes.map(({ path, code }) => `${path} ${code}`).sort()).toEqual([
      "/vulnerabilities/0 no-id",
      "/vulnerabilities/1 unknown-source",
      "/vulnerabilities/2 no-analysis",
      "/vulnerabilities/3 no-affects",
      "/vulnerabilities/4 unknown-ref",
      "/vulnerabilities/5 no-finding",
      "/vulnerabilities/6 no-finding",
      "/vulnerabilities/7 unknown-state",
    ]);
  });
});

test("a document that cannot be read fails with its reason, decides nothing, and leaves no upload open", async () => {
  const admin = { authorization: `Bearer ${await server.adminToken()}` };
  const body = { groupName: "artifact", propertyName: "bom.validation.mode", propertyValue: "DISABLED" };
  await server.request("POST", "/api/v1/configProperty", { headers: admin, body });
  const given = await prepared(["pkg:npm/unread@1"]);
  const status = await imported(given.project, "this is no VEX");
  expect(status).toMatchObject({ status: "FAILED", failure_reason: expect.stringMatching(/\S/), notes: [] });
  expect(await eventsOf(given.project)).toEqual([]);
  expect(await seed.rows("select 1 from bom_upload where ended_at is null")).toEqual([]);
});

test("an import whose effect stands is repeated without its file, as after a restore, and changes nothing", async () => {
  const purl = "pkg:npm/repeated@1";
  const given = await prepared([purl]);
  const { token } = await imported(given.project, vexOf([entry(given, [purl], NOT_AFFECTED)]));
  const first = await analysisOf(given, given.components[purl]);
  const runs = await seed.rows<{ id: string }>(
    "select id from wf_run where kind = 'activity' and name = 'import-vex' and input->>'token' = $1",
    [token],
  );
  const statusOf = async () =>
    (await seed.rows<{ status: string }>("select status from wf_run where id = $1", [runs[0]?.id]))[0]?.status;
  await seed.rows("update wf_run set status = 'SUSPENDED', output = null, finished_at = null where id = $1", [
    runs[0]?.id,
  ]);
  await vi.waitUntil(async () => !["SUSPENDED", "RUNNING"].includes((await statusOf()) ?? ""), { timeout: 60_000 });
  expect(await statusOf()).toBe("COMPLETED");
  expect(await analysisOf(given, given.components[purl])).toEqual(first);
});

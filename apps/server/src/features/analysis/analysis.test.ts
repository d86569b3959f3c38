import { until } from "@evertrack/engine/testing";
import { readOsvAdvisory } from "@evertrack/matching";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Seed } from "../../testing/seed.ts";
import { type TestServer, testServer } from "../../testing/test-server.ts";
import { verifyMatches } from "../findings/index.ts";
import { storeAdvisories } from "../vulnerabilities/commands/store-advisories.ts";
import { advisory, affecting } from "../vulnerabilities/testing.ts";

/** Here engine and relay work: what is uploaded or mirrored arrives in findings and numbers on its own. */
let server: TestServer;
let seed: Seed;
let key: string;
beforeAll(async () => {
  server = await testServer({ working: true });
  seed = new Seed(server.database.executor);
  const permissions = ["BOM_UPLOAD", "PROJECT_CREATION_UPLOAD", "VIEW_PORTFOLIO", "VIEW_VULNERABILITY"] as const;
  key = (await server.keyWith([...permissions, "VULNERABILITY_ANALYSIS", "PORTFOLIO_MANAGEMENT"])).key;
});
afterAll(() => server?.close());

const SOON_MS = 60_000;
let counter = 0;
const fresh = (name: string) => `${name}-${++counter}`;

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await server.request(method, `/api/v1/${path}`, { key, ...(body === undefined ? {} : { body }) });
  expect(answer.statusCode, answer.payload).toBeLessThan(300);
  return answer.payload === "" ? (undefined as T) : answer.json<T>();
}

async function upload(projectName: string, ...purls: string[]): Promise<{ token: string; projectUuid: string }> {
  const components = purls.map((purl) => ({ type: "library", name: purl, purl }));
  const bom = JSON.stringify({ bomFormat: "CycloneDX", specVersion: "1.6", version: 1, components });
  const body = { projectName, projectVersion: "1", autoCreate: true, bom: Buffer.from(bom).toString("base64") };
  return call("PUT", "bom", body);
}

const isProcessing = async (token: string) =>
  (await call<{ processing: boolean }>("GET", `event/token/${token}`)).processing;

async function uploaded(projectName: string, ...purls: string[]): Promise<string> {
  const { token, projectUuid } = await upload(projectName, ...purls);
  await processed(token);
  return projectUuid;
}

const processed = (token: string) => until("the token is done", async () => !(await isProcessing(token)), SOON_MS);

async function findingsOf(projectUuid: string): Promise<string[]> {
  const findings = await call<{ vulnerability: { vulnId: string } }[]>("GET", `finding/project/${projectUuid}`);
  return findings.map(({ vulnerability }) => vulnerability.vulnId).sort();
}

const metricsOf = (projectUuid: string) =>
  call<{ vulnerabilities: number; components: number; high: number; inheritedRiskScore: number }>(
    "GET",
    `metrics/project/${projectUuid}/current`,
  );

/** Findings and numbers follow within seconds of a change nobody waits for. */
async function follow(projectUuid: string, expected: string[]): Promise<void> {
  await until(
    `findings become ${expected}`,
    async () => String(await findingsOf(projectUuid)) === String(expected),
    SOON_MS,
  );
  await until(
    `${expected.length} findings are counted`,
    async () => (await metricsOf(projectUuid)).vulnerabilities === expected.length,
    SOON_MS,
  );
}

/** What a mirror does with one advisory about a package of PyPI. */
async function mirror(id: string, packageName: string, members: Record<string, unknown> = {}): Promise<void> {
  const affected = [affecting("PyPI", packageName, "1.0", "2.0")];
  const read = readOsvAdvisory(
    advisory(id, { affected, database_specific: { severity: "HIGH" }, ...members }) as Parameters<
      typeof readOsvAdvisory
    >[0],
  );
  const digest = crypto.randomUUID().replaceAll("-", "");
  const origin = { mirror: "osv", ecosystem: "PyPI", ownedSources: [], aliases: true, eventId: crypto.randomUUID() };
  await server.database.transaction((tx) => storeAdvisories(tx, origin, [{ advisory: read, digest, known: true }]));
}

const queue = async (status: "ACTIVE" | "PAUSED") => {
  const queues = await server.engine.client.listQueues();
  const found = queues.find(({ name }) => name === "vuln-analyses");
  if (found === undefined) throw new Error("there is no queue vuln-analyses");
  await server.engine.client.updateQueue({ ...found, status });
};

const runEnded = (id: string) =>
  until(
    "the run has ended",
    async () => {
      const run = await server.engine.client.getRun(id);
      return run !== null && ["COMPLETED", "FAILED", "CANCELLED"].includes(run.status) && run;
    },
    SOON_MS,
  );

describe("findings follow", () => {
  test("uploads: what is affected appears, what is bumped to a fixed version or removed goes", async () => {
    const [name, first, second] = [fresh("upload"), fresh("pkg"), fresh("pkg")];
    await mirror(`PYSEC-${first}`, first);
    await mirror(`PYSEC-${second}`, second);
    const projectUuid = await uploaded(name, `pkg:pypi/${first}@1.5`, `pkg:pypi/${second}@1.5`);
    expect(await findingsOf(projectUuid), "when the token is done").toEqual([`PYSEC-${first}`, `PYSEC-${second}`]);
    expect(await metricsOf(projectUuid)).toMatchObject({
      vulnerabilities: 2,
      high: 2,
      components: 2,
      inheritedRiskScore: 10,
    });
    await uploaded(name, `pkg:pypi/${first}@2.0`, `pkg:pypi/${second}@1.5`);
    expect(await findingsOf(projectUuid)).toEqual([`PYSEC-${second}`]);
    await uploaded(name, `pkg:pypi/${first}@2.0`);
    expect(await findingsOf(projectUuid)).toEqual([]);
    expect(await metricsOf(projectUuid)).toMatchObject({ vulnerabilities: 0, components: 1, inheritedRiskScore: 0 });
  });

  test("advisories, without an upload: new, narrowed, withdrawn, taken back", async () => {
    const packageName = fresh("followed");
    const [one, two] = [
      await uploaded(fresh("p"), `pkg:pypi/${packageName}@1.5`),
      await uploaded(fresh("p"), `pkg:pypi/${packageName}@1.5`, "pkg:pypi/other@1"),
    ];
    const id = `PYSEC-${packageName}`;
    await mirror(id, packageName);
    for (const project of [one, two]) await follow(project, [id]);
    await mirror(id, packageName, {
      affected: [affecting("PyPI", packageName, "1.0", "1.5")],
      modified: "2026-02-01T00:00:00Z",
    });
    for (const project of [one, two]) await follow(project, []);
    await mirror(id, packageName, { modified: "2026-03-01T00:00:00Z" });
    for (const project of [one, two]) await follow(project, [id]);
    await mirror(id, packageName, { modified: "2026-04-01T00:00:00Z", withdrawn: "2026-04-01T00:00:00Z" });
    for (const project of [one, two]) await follow(project, []);
  });

  test("an advisory that moves to another package, at both packages", async () => {
    const [from, to] = [fresh("from"), fresh("to")];
    const projectUuid = await uploaded(fresh("moved"), `pkg:pypi/${from}@1.5`, `pkg:pypi/${to}@1.5`);
    await mirror(`PYSEC-${from}`, from);
    await follow(projectUuid, [`PYSEC-${from}`]);
    const affected = [affecting("PyPI", to, "1.0", "2.0")];
    await mirror(`PYSEC-${from}`, from, { affected, modified: "2026-02-01T00:00:00Z" });
    const component = await until("the finding has moved", async () => {
      const [finding] = await call<{ component: { purl: string } }[]>("GET", `finding/project/${projectUuid}`);
      return finding?.component.purl.includes(to) && finding.component;
    });
    expect(component.purl).toBe(`pkg:pypi/${to}@1.5`);
    await follow(projectUuid, [`PYSEC-${from}`]);
  });

  test("nothing is started for advisories about packages nobody has", async () => {
    const unused = fresh("unused");
    await mirror(`PYSEC-${unused}`, unused);
    await until(
      "the event is carried",
      async () => (await seed.rows("select 1 from outbox_event")).length === 0,
      SOON_MS,
    );
    const runsAbout = (name: string) =>
      seed.rows("select 1 from wf_run r where name = 'match-advisories' and to_jsonb(r)::text like '%' || $1 || '%'", [
        name,
      ]);
    expect(await runsAbout(unused)).toEqual([]);
    expect(await runsAbout("from-"), "the look at inputs works").not.toEqual([]);
  });
});

describe("the analysis of a project", () => {
  test("an upload's token stays processing until it has ended", async () => {
    await queue("PAUSED");
    const { token, projectUuid } = await upload(fresh("held"), "pkg:pypi/held@1");
    await until(
      "the import is completed",
      async () => {
        const [run] = await server.engine.client.listRuns({ name: "import-bom", labels: { token }, limit: 1 });
        return run?.status === "COMPLETED";
      },
      SOON_MS,
    );
    expect(await isProcessing(token)).toBe(true);
    await queue("ACTIVE");
    await processed(token);
    const { lastVulnerabilityAnalysis } = await call<{ lastVulnerabilityAnalysis: number }>(
      "GET",
      `project/${projectUuid}`,
    );
    expect(Date.now() - lastVulnerabilityAnalysis).toBeLessThan(60_000);
  });

  test("asked for twice answers the token of the one that runs, afterwards a new one", async () => {
    const projectUuid = await uploaded(fresh("twice"), "pkg:pypi/twice@1");
    const analyze = () =>
      call<{ token: string; projectUuid: string }>("POST", `finding/project/${projectUuid}/analyze`);
    await queue("PAUSED");
    const first = await analyze();
    expect(first).toEqual({ token: expect.any(String), projectUuid });
    expect(await analyze()).toEqual(first);
    expect(await isProcessing(first.token)).toBe(true);
    await queue("ACTIVE");
    await processed(first.token);
    const again = await analyze();
    expect(again.token).not.toBe(first.token);
    await processed(again.token);
  });

  test("by hand looks at every identity again and mends what is wrong", async () => {
    const packageName = fresh("mended");
    await mirror(`PYSEC-${packageName}`, packageName);
    const projectUuid = await uploaded(fresh("manual"), `pkg:pypi/${packageName}@1.5`);
    await seed.rows(
      "delete from vulnerability_match m using vulnerability v where v.id = m.vulnerability_id and v.vuln_id = $1",
      [`PYSEC-${packageName}`],
    );
    expect(await findingsOf(projectUuid)).toEqual([]);
    await processed((await call<{ token: string }>("POST", `finding/project/${projectUuid}/analyze`)).token);
    expect(await findingsOf(projectUuid)).toEqual([`PYSEC-${packageName}`]);
  });

  test("of a project that is deleted meanwhile ends COMPLETED", async () => {
    const projectUuid = await uploaded(fresh("deleted"), "pkg:pypi/deleted@1");
    await queue("PAUSED");
    const { token } = await call<{ token: string }>("POST", `finding/project/${projectUuid}/analyze`);
    expect((await server.request("DELETE", `/api/v1/project/${projectUuid}`, { key })).statusCode).toBe(204);
    await queue("ACTIVE");
    expect((await runEnded(token)).status).toBe("COMPLETED");
    expect(await isProcessing(token)).toBe(false);
  });
});

test("after all this, matches are what matching from scratch would give and no project is left marked", async () => {
  await until(
    "no marks are left",
    async () => (await seed.rows("select 1 from metrics_dirty_project")).length === 0,
    SOON_MS,
  );
  expect((await verifyMatches(server.database)).differences).toEqual([]);
});

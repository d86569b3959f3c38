import { projectDiffResponse } from "@evertrack/contract/v2/diff";
import { type ProjectQualityResponse, projectQualityResponse } from "@evertrack/contract/v2/quality";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Seed } from "../../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";

const UNKNOWN = "11111111-2222-3333-4444-555555555555";

let server: TestServer;
let seed: Seed;
/** May see components and vulnerabilities. */
let key: string;
let uploader: string;
beforeAll(async () => {
  server = await testServer({ working: true });
  seed = new Seed(server.database.executor);
  key = (await server.keyWith(["VIEW_PORTFOLIO", "VIEW_VULNERABILITY"])).key;
  uploader = (await server.keyWith(["BOM_UPLOAD", "PROJECT_CREATION_UPLOAD", "VIEW_PORTFOLIO"])).key;
});
afterAll(() => server?.close());

/** Uploads a BOM, waits until it is imported, and returns the UUID of its project. */
async function imported(parts: readonly object[], members: Record<string, unknown> = {}): Promise<string> {
  const components = parts.map((part) => ({ type: "library", ...part }));
  const bom = JSON.stringify({ bomFormat: "CycloneDX", specVersion: "1.6", version: 1, components, ...members });
  const project = { projectName: crypto.randomUUID(), projectVersion: "1", autoCreate: true };
  const body = { ...project, bom: Buffer.from(bom).toString("base64") };
  const answer = await server.request("PUT", "/api/v1/bom", { key: uploader, body });
  const { token, projectUuid } = answer.json<{ token: string; projectUuid: string }>();
  const isDone = async () => {
    const state = await server.request("GET", `/api/v1/event/token/${token}`, { key: uploader });
    return state.json<{ processing: boolean }>().processing === false;
  };
  await vi.waitUntil(isDone, { timeout: 60_000, interval: 50 });
  return projectUuid;
}

const get = (path: string, caller: string | undefined = key) =>
  server.request("GET", `/api/v2/projects/${path}`, caller === undefined ? {} : { key: caller });
const npm = (name: string, version: string, license?: string) => ({
  name,
  version,
  purl: `pkg:npm/${name}@${version}`,
  ...(license !== undefined && { licenses: [{ license: { id: license } }] }),
});

describe("the difference of two projects", () => {
  test("is components that came, went, changed version or licence, with counts of all", async () => {
    const before = await imported([
      npm("gone", "1"),
      npm("bumped", "1.9"),
      npm("same", "1", "MIT"),
      npm("relicensed", "1", "MIT"),
    ]);
    const after = await imported([
      npm("come", "1"),
      npm("bumped", "1.10"),
      npm("same", "1", "MIT"),
      npm("relicensed", "1", "ISC"),
    ]);
    const answer = await get(`${after}/diff?with=${before}`);
    expect(answer.statusCode, answer.payload).toBe(200);
    expect(() => projectDiffResponse.strict().parse(answer.json())).not.toThrow();
    const { name: _, ...relicensed } = npm("relicensed", "1");
    expect(answer.json()).toMatchObject({
      before: { uuid: before, version: "1" },
      after: { uuid: after, version: "1" },
      counts_type: "EXACT",
      counts: {
        components_before: 4,
        components_after: 4,
        added: 1,
        removed: 1,
        changed: 1,
        licenses: 1,
        unchanged: 1,
      },
      added: [{ name: "come" }],
      removed: [{ name: "gone" }],
      changed: [{ component: { name: "bumped" }, from: "1.9", to: "1.10" }],
      licenses: [{ component: { ...relicensed, licenses: ["ISC"] }, from: ["MIT"], to: ["ISC"] }],
      truncated: false,
    });
    const backwards = (await get(`${before}/diff?with=${after}`)).json();
    expect([backwards.added[0].name, backwards.removed[0].name]).toEqual(["gone", "come"]);
    expect((await get(`${after}/diff?with=${after}`)).json().counts).toMatchObject({
      added: 0,
      removed: 0,
      unchanged: 4,
    });
  });

  test("tells packages that became direct dependencies or are none any more, where both BOMs tell their own", async () => {
    const bomOf = (direct: readonly string[], bumped: string) => {
      const parts = [npm("bumped", bumped), npm("kept", "1"), npm("other", "1")];
      const refs = parts.map((part) => ({ ...part, "bom-ref": part.name }));
      const metadata = { component: { type: "application", name: "app", "bom-ref": "app" } };
      return imported(refs, { metadata, dependencies: [{ ref: "app", dependsOn: direct }] });
    };
    const before = await bomOf(["bumped", "kept"], "1");
    const after = await bomOf(["bumped", "other"], "2");
    const answer = (await get(`${after}/diff?with=${before}`)).json();
    expect(() => projectDiffResponse.strict().parse(answer)).not.toThrow();
    expect(answer).toMatchObject({
      counts: { direct_added: 1, direct_removed: 1 },
      direct_added: [{ name: "other", version: "1" }],
      direct_removed: [{ name: "kept", version: "1" }],
    });
    const silent = await imported([npm("kept", "1")]);
    const unknown = (await get(`${after}/diff?with=${silent}`)).json();
    expect(unknown).not.toHaveProperty("direct_added");
    expect(unknown.counts).not.toHaveProperty("direct_added");
  });

  test("does not count a component under another scope as another one", async () => {
    const before = await imported([npm("a", "1")]);
    const after = await imported([{ ...npm("a", "1"), scope: "optional" }]);
    expect((await get(`${after}/diff?with=${before}`)).json().counts).toMatchObject({
      added: 0,
      removed: 0,
      unchanged: 1,
    });
  });

  test("ends its lists at the limit, and still counts all", async () => {
    const before = (await seed.project()).uuid;
    const after = await imported(["a", "b", "c"].map((name) => npm(name, "1")));
    const answer = (await get(`${after}/diff?with=${before}&limit=2`)).json();
    expect(answer.added.map(({ name }: { name: string }) => name)).toEqual(["a", "b"]);
    expect([answer.counts.added, answer.truncated]).toEqual([3, true]);
  });

  test("has vulnerabilities that came and went, for those who may view them", async () => {
    const [before, after] = [await seed.project(), await seed.project()];
    const fixed = await seed.identity("pkg:npm/lib@2.0.0");
    const affected = await seed.identity("pkg:npm/lib@1.0.0");
    const fresh = await seed.identity("pkg:npm/fresh@1.0.0");
    for (const [project, identity] of [
      [before, affected],
      [after, fixed],
      [after, fresh],
    ] as const)
      await seed.component(project.id, identity);
    const advise = (id: string) => seed.advisory({ id, packageKey: "npm/x" });
    const [gone, kept, come] = [await advise("V-gone"), await advise("V-kept"), await advise("V:come")];
    await seed.match(gone, affected);
    for (const identity of [affected, fixed]) await seed.match(kept, identity);
    await seed.match(come, fresh);
    const path = `${after.uuid}/diff?with=${before.uuid}`;
    expect((await get(path)).json()).toMatchObject({
      counts: { vulnerabilities_added: 1, vulnerabilities_removed: 1 },
      vulnerabilities_added: [{ source: "OSV", vuln_id: "V:come", component: { name: "fresh" } }],
      vulnerabilities_removed: [{ source: "OSV", vuln_id: "V-gone", component: { name: "lib", version: "1.0.0" } }],
    });
    const { key: portfolioOnly } = await server.keyWith(["VIEW_PORTFOLIO"]);
    const answer = (await get(path, portfolioOnly)).json();
    expect(answer).not.toHaveProperty("vulnerabilities_added");
    expect(answer.counts).not.toHaveProperty("vulnerabilities_added");
  });
});

describe("the quality of a project's BOM", () => {
  test("is that of the document imported last, with its checks", async () => {
    const metadata = {
      timestamp: "2026-11-22T00:00:00Z",
      component: { type: "application", name: "app", "bom-ref": "app" },
    };
    const dependencies = [{ ref: "app", dependsOn: ["a"] }];
    const components = [{ ...npm("a", "1", "MIT"), "bom-ref": "a" }, { name: "unversioned" }];
    const project = await imported(components, { metadata, dependencies });
    const answer = await get(`${project}/quality`);
    expect(answer.statusCode, answer.payload).toBe(200);
    expect(() => projectQualityResponse.strict().parse(answer.json())).not.toThrow();
    const { checks, components: size, score } = answer.json<ProjectQualityResponse>();
    expect(size).toBe(2);
    expect(score).toBeGreaterThan(0);
    const outcome = (wanted: string) => checks.find(({ id }) => id === wanted);
    expect(outcome("component-version")).toMatchObject({ total: 2, passed: 1, examples: ["unversioned"] });
    expect(outcome("document-timestamp")).toMatchObject({ total: 1, passed: 1 });
    expect(outcome("dependencies-of-subject")).toMatchObject({ passed: 1 });
  });

  test("is not there before a BOM was imported, or where its import recorded none", async () => {
    expect((await get(`${(await seed.project()).uuid}/quality`)).statusCode).toBe(404);
    const project = await imported([npm("a", "1")]);
    await seed.rows(
      "update bom_import set quality = null where project_id = (select id from project where uuid = $1)",
      [project],
    );
    const answer = await get(`${project}/quality`);
    expect([answer.statusCode, answer.json().detail]).toEqual([404, expect.stringContaining("import it again")]);
  });
});

describe("refused are", () => {
  test("UUIDs and limits that are none, and a missing second project, with 400", async () => {
    const { uuid } = await seed.project();
    for (const path of [
      "x/quality",
      `x/diff?with=${uuid}`,
      `${uuid}/diff`,
      `${uuid}/diff?with=x`,
      `${uuid}/diff?with=${uuid}&limit=0`,
    ])
      expect((await get(path)).statusCode, path).toBe(400);
  });

  test("callers without credentials or permission, and projects that are not there, on either side", async () => {
    const { uuid } = await seed.project();
    const paths = [`${uuid}/quality`, `${uuid}/diff?with=${uuid}`];
    const { key: other } = await server.keyWith(["VIEW_VULNERABILITY"]);
    for (const path of paths) {
      expect((await server.request("GET", `/api/v2/projects/${path}`)).statusCode).toBe(401);
      expect((await get(path, other)).statusCode).toBe(403);
    }
    for (const path of [`${UNKNOWN}/quality`, `${UNKNOWN}/diff?with=${uuid}`, `${uuid}/diff?with=${UNKNOWN}`])
      expect((await get(path)).statusCode, path).toBe(404);
  });

  test("other teams' projects while access control is on, on either side", async () => {
    const headers = { authorization: `Bearer ${await server.adminToken()}` };
    const switchTo = (propertyValue: string) =>
      server.request("POST", "/api/v1/configProperty", {
        headers,
        body: { groupName: "access-management", propertyName: "acl.enabled", propertyValue },
      });
    const mapped = await server.keyWith(["VIEW_PORTFOLIO"]);
    const [own, others] = [await seed.project(), await seed.project()];
    await switchTo("true");
    const body = { team: mapped.teamUuid, project: own.uuid };
    expect((await server.request("PUT", "/api/v1/acl/mapping", { headers, body })).statusCode).toBe(200);
    const statuses = await Promise.all(
      [
        `${own.uuid}/diff?with=${own.uuid}`,
        `${own.uuid}/diff?with=${others.uuid}`,
        `${others.uuid}/diff?with=${own.uuid}`,
        `${others.uuid}/quality`,
      ].map(async (path) => (await get(path, mapped.key)).statusCode),
    );
    await switchTo("false");
    expect(statuses).toEqual([200, 403, 403, 403]);
  });
});

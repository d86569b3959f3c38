import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fileProperties } from "../../../platform/files/index.ts";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { base64, bomOf, processed, type TestComponent } from "../testing.ts";

/** Here the engine works: an upload becomes an inventory. */
let server: TestServer;
let key: string;

beforeAll(async () => {
  // The relay would carry events away before they are looked at.
  server = await testServer({
    working: true,
    properties: { "dt.notification.outbox-relay.enabled": "false" },
  });
  key = (await server.keyWith(["BOM_UPLOAD", "PROJECT_CREATION_UPLOAD", "VIEW_PORTFOLIO", "PORTFOLIO_MANAGEMENT"])).key;
});
afterAll(() => server?.close());

let counter = 0;
const fresh = (name: string) => `${name}-${++counter}`;

interface Component {
  uuid: string;
  name: string;
  [member: string]: unknown;
}

async function upload(projectName: string, bom: string): Promise<{ token: string; projectUuid: string }> {
  const body = { projectName, projectVersion: "1", autoCreate: true, bom: base64(bom) };
  const answer = await server.request("PUT", "/api/v1/bom", { key, body });
  expect(answer.statusCode, answer.payload).toBe(200);
  return answer.json();
}

async function imported(projectName: string, components: readonly TestComponent[], members = {}) {
  const accepted = await upload(projectName, bomOf(components, members));
  await processed(server, key, accepted.token);
  return accepted;
}

async function componentsOf(projectUuid: string, query = ""): Promise<Component[]> {
  const answer = await server.request("GET", `/api/v1/component/project/${projectUuid}?${query}`, { key });
  expect(answer.statusCode, answer.payload).toBe(200);
  return answer.json();
}

async function rows<R extends object>(sql: string, values: unknown[] = []): Promise<R[]> {
  return (await server.database.executor.query<R>(sql, values)).rows;
}

const outcomeOf = async (token: string) =>
  (await rows("select outcome, failure_reason from bom_upload where token = $1", [token]))[0];

const eventsOf = async (projectUuid: string) =>
  (await rows<{ type: string }>("select type from outbox_event where subject = $1 order by id", [projectUuid])).map(
    ({ type }) => type,
  );

describe("an imported BOM", () => {
  test("becomes components with all the BOM says of them, and project metadata", async () => {
    const everything = {
      name: "Everything",
      group: "org.example",
      version: "1.0",
      purl: "pkg:maven/org.example/Everything@1.0?type=jar",
      cpe: "cpe:2.3:a:example:everything:1.0:*:*:*:*:*:*:*",
      scope: "optional",
      description: "d",
      publisher: "p",
      copyright: "c",
      author: "A. Author",
      supplier: { name: "S" },
      hashes: [
        { alg: "SHA-1", content: "a".repeat(40) },
        { alg: "SHA-256", content: "b".repeat(64) },
      ],
      licenses: [{ license: { id: "MIT", url: "https://example.org/mit" } }],
      externalReferences: [{ type: "vcs", url: "https://example.org/vcs" }],
      properties: [{ name: "g:n", value: "v" }],
      evidence: { occurrences: [{ location: "/a" }, { location: "/b" }] },
    };
    const metadata = {
      timestamp: "2026-11-22T10:00:00Z",
      component: { type: "firmware", name: "device", publisher: "maker", purl: "pkg:generic/device@1" },
      tools: [{ vendor: "v", name: "t", version: "1" }],
    };
    const serialNumber = "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79";
    const accepted = await imported(fresh("full"), [everything], { metadata, serialNumber });
    const [listed] = await componentsOf(accepted.projectUuid);
    const answer = await server.request("GET", `/api/v1/component/${listed?.uuid}`, { key });
    const { uuid: _, project: __, ...shown } = answer.json<Component>();
    expect(shown).toEqual({
      name: "Everything",
      group: "org.example",
      version: "1.0",
      classifier: "LIBRARY",
      scope: "OPTIONAL",
      purl: "pkg:maven/org.example/Everything@1.0?type=jar",
      purlCoordinates: "pkg:maven/org.example/Everything@1.0",
      cpe: everything.cpe,
      isInternal: false,
      license: "MIT",
      licenseUrl: "https://example.org/mit",
      resolvedLicense: expect.objectContaining({ licenseId: "MIT", isOsiApproved: true, isCustomLicense: false }),
      description: "d",
      publisher: "p",
      copyright: "c",
      author: "A. Author",
      authors: [{ name: "A. Author" }],
      supplier: { name: "S", urls: [], contacts: [] },
      sha1: "a".repeat(40),
      sha256: "b".repeat(64),
      externalReferences: [{ type: "vcs", url: "https://example.org/vcs" }],
      properties: [
        { groupName: "g", propertyName: "n", propertyValue: "v", propertyType: "STRING", uuid: expect.any(String) },
      ],
      occurrenceCount: 2,
    });
    const project = (await server.request("GET", `/api/v1/project/${accepted.projectUuid}`, { key })).json();
    expect(project).toMatchObject({
      classifier: "FIRMWARE",
      publisher: "maker",
      purl: "pkg:generic/device@1",
      lastBomImportFormat: "CycloneDX 1.6",
      metadata: { tools: { components: [{ name: "t", version: "1", supplier: { name: "v" } }] } },
    });
    expect(Date.now() - (project as { lastBomImport: number }).lastBomImport).toBeLessThan(60_000);
    expect(
      await rows("select spec_version, serial_number, components from bom_import where token = $1", [accepted.token]),
    ).toEqual([{ spec_version: "1.6", serial_number: "3e671687-395b-41f5-a30f-a58921a69b79", components: 1 }]);
    expect(await eventsOf(accepted.projectUuid)).toEqual(["PROJECT_CREATED", "BOM_CONSUMED", "BOM_PROCESSED"]);
    expect(await outcomeOf(accepted.token)).toEqual({ outcome: "PROCESSED", failure_reason: null });
  });

  test("leaves no file behind", async () => {
    const { token } = await imported(fresh("tidy"), []);
    const directory = join(server.config.get(fileProperties.directory), "bom-upload");
    expect(await readdir(directory)).not.toContain(token);
  });

  test("keeps UUID and first sight of what stays, removes what is gone, changes what differs", async () => {
    const name = fresh("again");
    const first = await imported(name, [{ name: "stays" }, { name: "changes", copyright: "1" }, { name: "goes" }]);
    const before = await componentsOf(first.projectUuid);
    await imported(name, [{ name: "comes" }, { name: "changes", copyright: "2" }, { name: "stays" }]);
    const after = await componentsOf(first.projectUuid);
    expect(after.map((component) => component.name)).toEqual(["changes", "comes", "stays"]);
    const uuidOf = (list: Component[], wanted: string) => list.find((component) => component.name === wanted)?.uuid;
    for (const kept of ["stays", "changes"]) expect(uuidOf(after, kept)).toBe(uuidOf(before, kept));
    expect(after[0]?.copyright).toBe("2");
  });

  test("the same inventory in another order writes no component row", async () => {
    const name = fresh("same");
    const components = [{ name: "a", version: "1" }, { name: "b" }, { name: "c" }];
    const { projectUuid } = await imported(name, components);
    const versions = () =>
      rows(
        "select c.xmin::text, c.uuid from component c join project p on p.id = c.project_id where p.uuid = $1 order by c.uuid",
        [projectUuid],
      );
    const before = await versions();
    await imported(name, components.toReversed(), { serialNumber: "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b70" });
    expect(await versions()).toEqual(before);
  });

  test("equal components count once, the first wins; nested ones count, their parent comes after", async () => {
    const nested = { name: "outer", components: [{ type: "library", name: "inner" }] };
    const { projectUuid } = await imported(fresh("flat"), [
      { name: "x", description: "1" },
      { name: "x", description: "2" },
      nested,
    ]);
    const components = await componentsOf(projectUuid);
    expect(components.map(({ name, description }) => [name, description])).toEqual([
      ["inner", undefined],
      ["outer", undefined],
      ["x", "1"],
    ]);
  });

  test("an invalid purl is left out with a note; the component stays", async () => {
    const { token, projectUuid } = await imported(fresh("noted"), [
      { name: "odd", "bom-ref": "ref-odd", purl: "pkg:npm" },
    ]);
    expect((await componentsOf(projectUuid))[0]?.purl).toBeUndefined();
    const [{ notes } = { notes: [] }] = await rows<{ notes: { path: string; message: string }[] }>(
      "select notes from bom_import where token = $1",
      [token],
    );
    expect(notes).toEqual([{ path: "ref-odd", message: expect.stringContaining("purl") }]);
  });

  test("names longer than an index entry are cut, not fatal", async () => {
    const { token, projectUuid } = await imported(fresh("long"), [{ name: "ü".repeat(5_000), version: "1" }]);
    expect(await outcomeOf(token)).toMatchObject({ outcome: "PROCESSED" });
    expect((await componentsOf(projectUuid))[0]?.name).toBe("ü".repeat(1_000));
  });

  test("two uploads for one project are imported in their order", async () => {
    const name = fresh("ordered");
    const accepted = [];
    for (const version of ["1", "2", "3", "4"]) accepted.push(await upload(name, bomOf([{ name: "only", version }])));
    for (const { token } of accepted) await processed(server, key, token);
    expect((await componentsOf(accepted[0]?.projectUuid ?? "")).map(({ version }) => version)).toEqual(["4"]);
  });

  test("many projects that share components are imported side by side", async () => {
    const shared = Array.from({ length: 300 }, (_, i) => ({ name: `shared-${i}`, version: "1" }));
    const names = Array.from({ length: 8 }, () => fresh("side"));
    const accepted = await Promise.all(
      names.map((name, i) => upload(name, bomOf(i % 2 === 0 ? shared : shared.toReversed()))),
    );
    for (const { token } of accepted) await processed(server, key, token);
    for (const { token } of accepted)
      expect(await outcomeOf(token)).toEqual({ outcome: "PROCESSED", failure_reason: null });
    expect(await rows("select count(*)::int as n from component_identity where name like 'shared-%'")).toEqual([
      { n: 300 },
    ]);
  });
});

describe("an import that cannot be done", () => {
  async function uploadPaused(
    bom: string,
    meanwhile: (accepted: { token: string; projectUuid: string }) => Promise<void>,
  ) {
    const queue = { kind: "activity", name: "artifact-imports" } as const;
    await server.engine.client.updateQueue({ ...queue, status: "PAUSED" });
    try {
      const accepted = await upload(fresh("paused"), bom);
      await meanwhile(accepted);
      return accepted;
    } finally {
      await server.engine.client.updateQueue({ ...queue, status: "ACTIVE" });
    }
  }

  test("of a lost file says so, tells BOM_PROCESSING_FAILED and leaves the project alone", async () => {
    const accepted = await uploadPaused(bomOf([{ name: "a" }]), async ({ token }) => {
      await rm(join(server.config.get(fileProperties.directory), "bom-upload", token));
    });
    await processed(server, key, accepted.token);
    expect(await outcomeOf(accepted.token)).toMatchObject({
      outcome: "FAILED",
      failure_reason: expect.stringContaining("does not exist"),
    });
    expect(await eventsOf(accepted.projectUuid)).toEqual(["PROJECT_CREATED", "BOM_PROCESSING_FAILED"]);
    expect(await componentsOf(accepted.projectUuid)).toEqual([]);
  });

  test("because its project was deleted ends without a failure", async () => {
    const accepted = await uploadPaused(bomOf([{ name: "a" }]), async ({ projectUuid }) => {
      expect((await server.request("DELETE", `/api/v1/project/${projectUuid}`, { key })).statusCode).toBe(204);
    });
    await processed(server, key, accepted.token);
    const [run] = await rows(
      "select status from wf_run where name = 'import-bom' and labels->>'token' = $1 and parent_id is null",
      [accepted.token],
    );
    expect(run).toEqual({ status: "COMPLETED" });
    const directory = join(server.config.get(fileProperties.directory), "bom-upload");
    expect(await readdir(directory)).not.toContain(accepted.token);
  });
});

describe("lists of components", () => {
  test("page, sort, search, narrow and count", async () => {
    const components = Array.from({ length: 12 }, (_, i) => ({
      name: `c${String(i).padStart(2, "0")}`,
      version: String(i % 3),
      group: i < 6 ? "g" : undefined,
    }));
    const { projectUuid } = await imported(fresh("list"), components as TestComponent[]);
    const answer = await server.request("GET", `/api/v1/component/project/${projectUuid}?pageNumber=2&pageSize=5`, {
      key,
    });
    expect(answer.headers["x-total-count"]).toBe("12");
    expect(answer.json<Component[]>().map(({ name }) => name)).toEqual(["c05", "c06", "c07", "c08", "c09"]);
    const names = async (query: string) => (await componentsOf(projectUuid, query)).map(({ name }) => name);
    expect((await names("sortName=version&sortOrder=desc&limit=4")).sort()).toEqual(["c02", "c05", "c08", "c11"]);
    expect(await names("searchText=C1")).toEqual(["c10", "c11"]);
    for (const [path, status] of [
      [`project/${projectUuid}?onlyDirect=true`, 200],
      [`project/${projectUuid}?onlyOutdated=true`, 200],
      [`project/${projectUuid}?sortName=x`, 400],
      ["project/11111111-2222-3333-4444-555555555555", 404],
      ["11111111-2222-3333-4444-555555555555", 404],
      ["nonsense", 400],
    ] as const) {
      expect([path, (await server.request("GET", `/api/v1/component/${path}`, { key })).statusCode]).toEqual([
        path,
        status,
      ]);
    }
  });

  test("are for those who may see the project", async () => {
    const { projectUuid } = await imported(fresh("private"), [{ name: "secret" }]);
    const [component] = await componentsOf(projectUuid);
    const stranger = await server.keyWith(["VIEW_PORTFOLIO"]);
    const powerless = await server.keyWith(["BOM_UPLOAD"]);
    const headers = { authorization: `Bearer ${await server.adminToken()}` };
    const set = (propertyValue: string) =>
      server.request("POST", "/api/v1/configProperty", {
        headers,
        body: { groupName: "access-management", propertyName: "acl.enabled", propertyValue },
      });
    await set("true");
    try {
      for (const path of [`component/project/${projectUuid}`, `component/${component?.uuid}`]) {
        const statusOf = async (options: object) =>
          (await server.request("GET", `/api/v1/${path}`, options)).statusCode;
        expect([
          await statusOf({}),
          await statusOf({ key: powerless.key }),
          await statusOf({ key: stranger.key }),
        ]).toEqual([401, 403, 403]);
      }
    } finally {
      await set("false");
    }
  });
});

import { loadSchemasFor, validateBom } from "@evertrack/sbom";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Seed } from "../../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";

const UNKNOWN = "11111111-2222-3333-4444-555555555555";
const VERSIONS = ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"] as const;
const FORMATS = ["json", "xml"] as const;
/** More than one batch. */
const MANY = 1_203;

let server: TestServer;
let seed: Seed;
let key: string;
let uploader: string;
let project: string;
beforeAll(async () => {
  server = await testServer({ working: true, properties: { "dt.task-scheduler.enabled": "false" } });
  seed = new Seed(server.database.executor);
  key = (await server.keyWith(["VIEW_PORTFOLIO", "VIEW_VULNERABILITY"])).key;
  uploader = (await server.keyWith(["BOM_UPLOAD", "PROJECT_CREATION_UPLOAD", "VIEW_PORTFOLIO"])).key;
  project = await imported(JSON.stringify(document));
});
afterAll(() => server?.close());

/** Everything that an inventory keeps, once; versions before 1.6 cannot say all of it. */
const document = {
  bomFormat: "CycloneDX",
  specVersion: "1.6",
  version: 1,
  metadata: { component: { type: "application", name: "shop", version: "2", "bom-ref": "shop" } },
  components: [
    {
      type: "library",
      "bom-ref": "a",
      group: "org.acme",
      name: "a & <b>",
      version: "1.0",
      purl: "pkg:maven/org.acme/a@1.0",
      cpe: "cpe:2.3:a:acme:a:1.0:*:*:*:*:*:*:*",
      description: "Says ]]> and \u00e9",
      scope: "required",
      copyright: "2026 Acme",
      publisher: "Acme",
      supplier: { name: "Acme", url: ["https://acme.example/"] },
      authors: [{ name: "Ada", email: "ada@acme.example" }],
      hashes: [{ alg: "SHA-256", content: "a".repeat(64) }],
      licenses: [
        { license: { id: "Apache-2.0" } },
        { license: { name: "House rules", url: "https://acme.example/rules" } },
      ],
      externalReferences: [{ type: "vcs", url: "https://acme.example/git" }],
      properties: [{ name: "team", value: "blue" }],
      evidence: { occurrences: [{ location: "/lib/a.jar" }] },
    },
    {
      type: "library",
      "bom-ref": "b",
      name: "b",
      version: "2",
      purl: "pkg:npm/b@2",
      licenses: [{ expression: "MIT OR ISC" }],
    },
    { type: "container", "bom-ref": "c", name: "c", components: [{ type: "file", "bom-ref": "d", name: "d" }] },
  ],
  services: [{ "bom-ref": "s", name: "billing", endpoints: ["https://billing.example/"], authenticated: true }],
  dependencies: [
    { ref: "shop", dependsOn: ["a", "c"] },
    { ref: "a", dependsOn: ["b"] },
    { ref: "b", dependsOn: [] },
  ],
};

async function imported(bom: string): Promise<string> {
  const body = { projectName: crypto.randomUUID(), autoCreate: true, bom: Buffer.from(bom).toString("base64") };
  const answer = await server.request("PUT", "/api/v1/bom", { key: uploader, body });
  expect(answer.statusCode, answer.payload).toBe(200);
  const { token, projectUuid } = answer.json<{ token: string; projectUuid: string }>();
  const isDone = async () => {
    const state = await server.request("GET", `/api/v1/event/token/${token}`, { key: uploader });
    return state.json<{ processing: boolean }>().processing === false;
  };
  await vi.waitUntil(isDone, { timeout: 60_000, interval: 50 });
  return projectUuid;
}

const exported = (query = "", uuid = project, caller: string | undefined = key) =>
  server.request("GET", `/api/v1/bom/cyclonedx/project/${uuid}?${query}`, caller === undefined ? {} : { key: caller });

/** What tells inventories and graphs apart, in the database. */
async function stateOf(uuid: string) {
  const [row] = await seed.rows<Record<string, unknown>>(
    `select encode(p.bom_digest, 'hex') as inventory, encode(g.digest, 'hex') as graph,
       (select jsonb_agg(jsonb_build_array(i.name, i.version, c.classifier, c.license_id, c.detail) order by i.id)
        from component c join component_identity i on i.id = c.identity_id where c.project_id = p.id) as components,
       (select jsonb_agg(to_jsonb(s) - 'id' - 'uuid' - 'project_id' - 'first_seen' order by s.name) from service s where s.project_id = p.id) as services
     from project p left join project_graph g on g.project_id = p.id where p.uuid = $1`,
    [uuid],
  );
  return row;
}

/** With the nested one. */
const COMPONENTS = 4;
const CAN_SAY_ALL: readonly string[] = ["1.6", "1.7"];

describe("the inventory of a project as CycloneDX", () => {
  test.each(FORMATS)("is valid in every version and comes back as the same inventory (%s)", async (format) => {
    const before = await stateOf(project);
    for (const version of VERSIONS) {
      const answer = await exported(`format=${format}&version=${version}`);
      expect(answer.statusCode, answer.payload).toBe(200);
      expect(answer.headers["content-type"]).toContain(`application/vnd.cyclonedx+${format}`);
      const again = await stateOf(await imported(answer.payload));
      if (CAN_SAY_ALL.includes(version)) expect(again, version).toEqual(before);
      else expect(again?.components).toHaveLength(COMPONENTS);
    }
  });

  test("is a file where the client wants one, and JSON of 1.5 where it wants nothing in particular", async () => {
    const plain = await exported();
    expect(plain.json()).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.5" });
    const file = await exported("download=true&format=xml");
    expect(file.headers["content-disposition"]).toBe(`attachment; filename="${project}-inventory.cdx.xml"`);
    expect(file.headers["content-type"]).toContain("application/octet-stream");
  });

  test("holds each component of a project of several batches once", async () => {
    const many = await seed.project("Many");
    await seed.rows(
      `with i as (insert into component_identity (key, name, version) select gen_random_uuid(), 'many-' || n, '1'
         from generate_series(1, $2::int) n returning id)
       insert into component (project_id, identity_id, classifier, content_hash) select $1, id, 'LIBRARY', 1 from i`,
      [many.id, MANY],
    );
    const names = (await exported("", many.uuid)).json().components.map(({ name }: { name: string }) => name);
    expect([names.length, new Set(names).size]).toEqual([MANY, MANY]);
  });

  test("of one component is that component alone", async () => {
    const [component] = await seed.rows<{ uuid: string }>(
      "select c.uuid from component c join project p on p.id = c.project_id join component_identity i on i.id = c.identity_id where p.uuid = $1 and i.name = 'b'",
      [project],
    );
    const path = (uuid: string) => server.request("GET", `/api/v1/bom/cyclonedx/component/${uuid}`, { key });
    const answer = await path(component?.uuid ?? "");
    expect(answer.json().components).toMatchObject([{ name: "b", purl: "pkg:npm/b@2" }]);
    expect((await path(UNKNOWN)).statusCode).toBe(404);
  });

  test("is refused to who may not see it, and with the name of what is wrong", async () => {
    const status = async (...wanted: Parameters<typeof exported>) => (await exported(...wanted)).statusCode;
    expect(await status("", UNKNOWN)).toBe(404);
    expect((await server.request("GET", `/api/v1/bom/cyclonedx/project/${project}`, {})).statusCode).toBe(401);
    expect(await status("", project, (await server.keyWith(["BOM_UPLOAD"])).key)).toBe(403);
    const portfolio = (await server.keyWith(["VIEW_PORTFOLIO"])).key;
    expect(await status("variant=vdr", project, portfolio)).toBe(403);
    expect(await status("variant=inventory", project, portfolio)).toBe(200);
    for (const query of ["format=yaml", "version=1.1", "variant=all"]) {
      const answer = await exported(query);
      expect([answer.statusCode, answer.payload]).toEqual([400, expect.stringContaining(query.split("=")[0] ?? "")]);
    }
  });
});

interface Vex {
  components?: { "bom-ref": string }[];
  vulnerabilities: {
    id: string;
    affects: { ref: string }[];
    analysis?: { state?: string; justification?: string; response?: string[]; detail?: string };
    properties?: { name: string; value: string }[];
  }[];
}

describe("vulnerabilities of a project as CycloneDX", () => {
  let found: { id: number; uuid: string };
  let components: string[];
  beforeAll(async () => {
    found = await seed.project("Found");
    const identities = [
      await seed.identity("pkg:npm/x@1"),
      await seed.identity("pkg:npm/y@1"),
      await seed.identity("pkg:npm/z@1"),
    ];
    for (const identity of identities) await seed.component(found.id, identity);
    const rows = await seed.rows<{ uuid: string }>(
      "select uuid from component where project_id = $1 order by identity_id",
      [found.id],
    );
    components = rows.map(({ uuid }) => uuid);
    for (const [id, matched] of [
      ["V-open", identities.slice(0, 1)],
      ["V-same", identities.slice(0, 2)],
      ["V-split", identities.slice(0, 2)],
    ] as const) {
      const advisory = await seed.advisory({ id, severity: 4, cvss: 7, packageKey: "npm/none" });
      for (const identity of matched) await seed.match(advisory, identity);
    }
    const decide = (id: string, identity: number | undefined, suppressed: boolean) =>
      seed.rows(
        `insert into finding_analysis (project_id, identity_id, vulnerability_id, state, justification, response, details, suppressed)
         select $1, $2, id, 'NOT_AFFECTED', 'CODE_NOT_REACHABLE', 'WILL_NOT_FIX', 'never called', $4 from vulnerability where vuln_id = $3`,
        [found.id, identity, id, suppressed],
      );
    for (const identity of identities.slice(0, 2)) await decide("V-same", identity, true);
    await decide("V-split", identities[1], false);
  });

  const vexOf = async (): Promise<Vex> =>
    (await server.request("GET", `/api/v1/vex/cyclonedx/project/${found.uuid}`, { key })).json();

  test("a VEX says what was decided, about the project where it is the same everywhere, else about components", async () => {
    const { components: listed, vulnerabilities } = await vexOf();
    expect(listed).toBeUndefined();
    const told = vulnerabilities.map(({ id, affects, analysis }) => [
      id,
      affects.map(({ ref }) => ref),
      analysis?.state,
    ]);
    expect(told).toEqual([
      ["V-open", [found.uuid], undefined],
      ["V-same", [found.uuid], "not_affected"],
      ["V-split", [components[0]], undefined],
      ["V-split", [components[1]], "not_affected"],
    ]);
    expect(vulnerabilities[1]?.analysis).toEqual({
      state: "not_affected",
      justification: "code_not_reachable",
      response: ["will_not_fix"],
      detail: "never called",
    });
    const suppressed = (index: number) =>
      vulnerabilities[index]?.properties?.find(({ name }) => name === "evertrack:suppressed");
    expect([suppressed(1)?.value, suppressed(3)?.value]).toEqual([undefined, "false"]);
  });

  test("a VDR lists the components that are affected, and no others", async () => {
    const vdr = (await exported("variant=vdr", found.uuid)).json() as Vex;
    expect(vdr.components?.map((component) => component["bom-ref"])).toEqual(components.slice(0, 2));
    expect(vdr.vulnerabilities).toHaveLength(4);
  });

  test("an inventory with vulnerabilities lists everything, and no decisions", async () => {
    const bom = (await exported("variant=withVulnerabilities", found.uuid)).json() as Vex;
    expect(bom.components).toHaveLength(3);
    expect(bom.vulnerabilities.map(({ id, analysis }) => [id, analysis])).toEqual([
      ["V-open", undefined],
      ["V-same", undefined],
      ["V-split", undefined],
    ]);
  });

  test.each(["withVulnerabilities", "vdr"])("are valid in every version and format (%s)", async (variant) => {
    for (const format of FORMATS)
      for (const version of VERSIONS) {
        const answer = await exported(`format=${format}&version=${version}&variant=${variant}`, found.uuid);
        const bytes = Buffer.from(answer.payload);
        await loadSchemasFor(bytes);
        expect(() => validateBom(bytes), `${version} ${format}`).not.toThrow();
      }
  });
});

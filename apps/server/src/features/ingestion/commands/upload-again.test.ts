import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Seed } from "../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { emptyProject } from "../../components/index.ts";
import { base64, bomOf, processed } from "../testing.ts";

const SEED = Number(process.env.SEED ?? 20_261_123);
const SEQUENCES = 8;
const STEPS_MAX = 7;

/** Here the engine works; the relay would carry events away before they are looked at. */
let server: TestServer;
let seed: Seed;
let key: string;
beforeAll(async () => {
  const properties = {
    "dt.task-scheduler.enabled": "false",
    "dt.notification.outbox-relay.enabled": "false",
  };
  server = await testServer({ working: true, properties });
  seed = new Seed(server.database.executor);
  const permissions = [
    "BOM_UPLOAD",
    "PROJECT_CREATION_UPLOAD",
    "VIEW_PORTFOLIO",
    "PORTFOLIO_MANAGEMENT",
    "SYSTEM_CONFIGURATION",
  ] as const;
  key = (await server.keyWith(permissions)).key;
});
afterAll(() => server?.close());

const DEPENDENCIES = [
  { ref: "app", dependsOn: ["a"] },
  { ref: "a", dependsOn: ["b"] },
];
const metadata = {
  component: { type: "application", name: "app", "bom-ref": "app", publisher: "maker", purl: "pkg:generic/app@1" },
};
const services = [{ name: "payments", version: "1", endpoints: ["https://pay.example.org"] }];
const A = bomOf(
  [
    { name: "a", version: "1", "bom-ref": "a", description: "first", licenses: [{ license: { name: "House" } }] },
    { name: "b", version: "1", "bom-ref": "b", purl: "no purl at all" },
  ],
  { metadata, services, dependencies: DEPENDENCIES, serialNumber: "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79" },
);
const B = bomOf([{ name: "a", version: "2", "bom-ref": "a" }], { metadata: { ...metadata, authors: [{ name: "x" }] } });

let projects = 0;
interface Project {
  name: string;
  uuid: string;
  id: number;
}

async function send(name: string, bom: string): Promise<{ token: string; projectUuid: string }> {
  const body = { projectName: name, projectVersion: "1", autoCreate: true, bom: base64(bom) };
  const answer = await server.request("PUT", "/api/v1/bom", { key, body });
  expect(answer.statusCode, answer.payload).toBe(200);
  return answer.json();
}

async function upload({ name }: { name: string }, bom: string): Promise<string> {
  const { token } = await send(name, bom);
  await processed(server, key, token);
  return token;
}

async function newProject(bom: string): Promise<Project> {
  const name = `uploaded ${projects++}`;
  const { token, projectUuid: uuid } = await send(name, bom);
  await processed(server, key, token);
  const [row] = await seed.rows<{ id: number }>("select id from project where uuid = $1", [uuid]);
  return { name, uuid, id: row?.id ?? -1 };
}

const changed = async (method: "POST" | "PUT" | "DELETE", path: string, body?: object) => {
  const answer = await server.request(method, path, body === undefined ? { key } : { key, body });
  expect(answer.statusCode, `${method} ${path}: ${answer.payload}`).toBeLessThan(300);
};

/** A setting or a licence may be there already. */
const tried = async (method: "POST" | "PUT" | "DELETE", path: string, body?: object) =>
  void (await server.request(method, path, body === undefined ? { key } : { key, body }));

async function importRuns(token: string): Promise<number> {
  const sql = "select 1 from wf_run where name = 'import-bom' and kind = 'workflow' and labels ->> 'token' = $1";
  return (await seed.rows(sql, [token])).length;
}

async function uuidOf(table: "component" | "service", { id }: Project): Promise<string | undefined> {
  const sql = `select x.uuid from ${table} x where x.project_id = $1 order by x.uuid limit 1`;
  return (await seed.rows<{ uuid: string }>(sql, [id]))[0]?.uuid;
}

/** All that an import leaves behind, without what is a project's own: names, UUIDs, times. */
async function leftBehind({ id, uuid }: Project) {
  const [project] = await seed.rows(
    `select bom_digest, component_count, last_bom_import_format, authors, publisher, classifier, supplier, manufacturer,
       external_references, cpe, purl, swid_tag_id, metadata from project where id = $1`,
    [id],
  );
  return {
    project,
    components: await seed.rows(
      `select c.identity_id, c.classifier, c.is_internal, c.license_id, c.content_hash, c.detail_id, c.by_hand
       from component c where project_id = $1 order by 1`,
      [id],
    ),
    services: await seed.rows("select key, content_hash, detail from service where project_id = $1 order by key", [id]),
    nodes: await seed.rows("select identity_id, depends_on from component_graph where project_id = $1 order by 1", [
      id,
    ]),
    graph: await seed.rows(
      "select direct, complete, edges, digest, inventory_digest from project_graph where project_id = $1",
      [id],
    ),
    imports: await seed.rows(
      `select format, spec_version, serial_number, bom_version, generated_at, components, notes, quality
       from bom_import where project_id = $1 order by id`,
      [id],
    ),
    uploads: await seed.rows(
      "select outcome, failure_reason, size_bytes, content_sha256 from bom_upload where project_id = $1 order by received_at",
      [id],
    ),
    events: await seed.rows<{ type: string; bom: unknown }>(
      "select type, payload -> 'bom' as bom from outbox_event where subject = $1 order by id",
      [uuid],
    ),
  };
}

describe("a document its project's inventory was made from already", () => {
  let project: Project;
  beforeEach(async () => {
    project = await newProject(A);
  });

  test("ends with its request, as an import would have: record, outcome, events, times; no run, no file", async () => {
    await seed.rows("update project set publisher = 'by hand', last_bom_import = 'epoch' where id = $1", [project.id]);
    const { token } = await send(project.name, A);
    expect(await importRuns(token)).toBe(0);
    const status = (await server.request("GET", `/api/v2/internal/bom-uploads/${token}`, { key })).json();
    expect(status).toMatchObject({ status: "PROCESSED", processing: false, components: 2 });
    const { events, imports, uploads, project: row } = await leftBehind(project);
    expect(events.map(({ type }) => type)).toEqual([
      "PROJECT_CREATED",
      ...["BOM_CONSUMED", "BOM_PROCESSED"],
      ...["BOM_CONSUMED", "BOM_PROCESSED"],
    ]);
    expect(imports[1]).toEqual(imports[0]);
    expect(uploads[1]).toEqual(uploads[0]);
    expect(row).toMatchObject({ publisher: "maker" });
    const [times] = await seed.rows(
      "select last_bom_import > now() - interval '1 minute' as now from project where id = $1",
      [project.id],
    );
    expect(times).toEqual({ now: true });
  });

  test("may come any number of times", async () => {
    const tokens = [await upload(project, A), await upload(project, A), await upload(project, A)];
    expect(await Promise.all(tokens.map(importRuns))).toEqual([0, 0, 0]);
  });

  test("that waits behind another upload has its turn after it", async () => {
    const other = await send(project.name, B);
    const again = await send(project.name, A);
    for (const { token } of [other, again]) await processed(server, key, token);
    expect(
      await seed.rows(
        "select version from component c join component_identity i on i.id = identity_id where project_id = $1 order by name",
        [project.id],
      ),
    ).toEqual([{ version: "1" }, { version: "1" }]);
  });

  const property = (propertyValue: string) =>
    tried("POST", "/api/v1/configProperty", {
      groupName: "internal-components",
      propertyName: "names.regex",
      propertyValue,
    });
  const CHANGES: [string, (project: Project) => Promise<unknown>][] = [
    ["after another document", (p) => upload(p, B)],
    [
      "after an import by a release that tells no source",
      (p) =>
        seed.rows(
          `insert into bom_import (project_id, token, format, spec_version, components) values ($1, gen_random_uuid(), 'CycloneDX', '1.6', 2)`,
          [p.id],
        ),
    ],
    [
      "after a component was changed by hand",
      async (p) => changed("POST", "/api/v1/component", { uuid: await uuidOf("component", p), description: "by hand" }),
    ],
    [
      "after a component was deleted",
      async (p) => changed("DELETE", `/api/v1/component/${await uuidOf("component", p)}`),
    ],
    ["after a service was deleted", async (p) => changed("DELETE", `/api/v1/service/${await uuidOf("service", p)}`)],
    ["after a service was added", (p) => changed("PUT", `/api/v1/service/project/${p.uuid}`, { name: "by hand" })],
    [
      "after edges of the graph got lost",
      (p) => seed.rows("delete from component_graph where project_id = $1", [p.id]),
    ],
    ["after its project was nearly deleted", (p) => emptyProject(server.database, p.id)],
    ["with another rule for internal components", () => property("b")],
    [
      "with another licence in the list",
      () => changed("PUT", "/api/v1/license", { licenseId: "House-1", name: "House" }),
    ],
    [
      "where another release has read it",
      (p) => seed.rows("update inventory_source set fingerprint = '\\x00' where project_id = $1", [p.id]),
    ],
  ];
  test.each(CHANGES)("is read again %s", async (_, change) => {
    try {
      await change(project);
      expect(await importRuns(await upload(project, A))).toBe(1);
      expect(await seed.rows("select 1 from component where project_id = $1", [project.id])).toHaveLength(2);
      expect(await importRuns(await upload(project, A))).toBe(0);
    } finally {
      await property("");
      await tried("DELETE", "/api/v1/license/House-1");
    }
  });
});

test(`a sequence of uploads and changes leaves behind what it does where every document is read (seed ${SEED})`, async () => {
  const rule = (propertyValue: string) =>
    tried("POST", "/api/v1/configProperty", {
      groupName: "internal-components",
      propertyName: "names.regex",
      propertyValue,
    });
  let repeated = 0;
  const step = {
    A: async (p: Project) => {
      repeated += 1 - (await importRuns(await upload(p, A)));
    },
    B: (p: Project) => upload(p, B),
    publisher: (p: Project) =>
      changed("POST", "/api/v1/project", { uuid: p.uuid, name: p.name, version: "1", publisher: "by hand" }),
    service: (p: Project) => tried("PUT", `/api/v1/service/project/${p.uuid}`, { name: "by hand" }),
    component: async (p: Project) =>
      tried("POST", "/api/v1/component", { uuid: await uuidOf("component", p), notes: "by hand", author: "x" }),
  };
  const everywhere = {
    rule: () => rule("b"),
    noRule: () => rule(""),
    license: () => tried("PUT", "/api/v1/license", { licenseId: "House-1", name: "House" }),
    noLicense: () => tried("DELETE", "/api/v1/license/House-1"),
  };
  const names = ["A", "A", "A", "A", "A", "B", ...Object.keys(step), ...Object.keys(everywhere)];
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...names), { minLength: 2, maxLength: STEPS_MAX }), async (steps) => {
      const [skipping, reading] = [await newProject(A), await newProject(A)];
      for (const name of [...steps, "A"]) {
        if (name in everywhere) await everywhere[name as keyof typeof everywhere]();
        else
          for (const project of [skipping, reading]) {
            if (project === reading)
              await seed.rows("delete from inventory_source where project_id = $1", [project.id]);
            await step[name as keyof typeof step](project);
          }
      }
      expect(await leftBehind(skipping)).toEqual(await leftBehind(reading));
    }),
    { seed: SEED, numRuns: SEQUENCES, endOnFailure: true },
  );
  expect(repeated).toBeGreaterThan(SEQUENCES);
});

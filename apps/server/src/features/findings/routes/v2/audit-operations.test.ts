import {
  type AuditOperation,
  type AuditUndo,
  auditOperation,
  auditUndo,
} from "@evertrack/contract/v2/audit-operations";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Seed } from "../../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";

const UNKNOWN = "11111111-2222-3333-4444-555555555555";
const OPERATIONS = "/api/v2/audit-operations";

let server: TestServer;
let seed: Seed;
let key: string;
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
  key = (await server.keyWith(["VIEW_VULNERABILITY", "VULNERABILITY_ANALYSIS"], "Auditors")).key;
});
afterAll(() => server?.close());

interface Found {
  projectId: number;
  project: string;
  component: string;
  vulnerability: string;
}

let counter = 0;
let vulnerability: { id: number; uuid: string };
let findings: Found[];

/** One vulnerability of a component three projects have. */
beforeEach(async () => {
  const id = await seed.advisory({ id: `V-${++counter}`, severity: 5, packageKey: `npm/x${counter}` });
  const [row] = await seed.rows<{ uuid: string }>("select uuid from vulnerability where id = $1", [id]);
  vulnerability = { id, uuid: row?.uuid ?? "" };
  const identityId = await seed.identity(`pkg:npm/x${counter}@1`);
  await seed.match(id, identityId);
  findings = [];
  for (let n = 0; n < 3; n++) {
    const project = await seed.project();
    const component = await seed.component(project.id, identityId);
    findings.push({
      projectId: project.id,
      project: project.uuid,
      component: component.uuid,
      vulnerability: vulnerability.uuid,
    });
  }
});

const named = (...places: number[]) =>
  places.map((place) => {
    const { component, vulnerability: uuid } = findings[place] as Found;
    return { component, vulnerability: uuid };
  });
const request = (path: string, body: object | undefined, caller = key) =>
  server.request("POST", path, body === undefined ? { key: caller } : { key: caller, body });

async function decide(body: object, caller = key): Promise<AuditOperation> {
  const answer = await request(OPERATIONS, body, caller);
  expect(answer.statusCode, answer.payload).toBe(200);
  return auditOperation.parse(answer.json());
}

async function undo({ uuid }: { uuid: string }, caller = key): Promise<AuditUndo> {
  const answer = await request(`${OPERATIONS}/${uuid}/undo`, undefined, caller);
  expect(answer.statusCode, answer.payload).toBe(200);
  return auditUndo.parse(answer.json());
}

const decisions = () =>
  seed.rows<{ state: string }>(
    `select state, justification, suppressed from finding_analysis where vulnerability_id = $1 order by project_id`,
    [vulnerability.id],
  );
const trails = () =>
  seed.rows<{ comment: string }>(
    `select c.comment from finding_analysis_comment c join finding_analysis a on a.id = c.analysis_id
     where a.vulnerability_id = $1 order by a.project_id, c.id`,
    [vulnerability.id],
  );
const told = () =>
  seed.rows("select 1 from outbox_event where type = 'PROJECT_AUDIT_CHANGE' and subject = any($1)", [
    findings.map(({ project }) => project),
  ]);

async function accessControl(propertyValue: string): Promise<void> {
  const headers = { authorization: `Bearer ${await server.adminToken()}` };
  const body = { groupName: "access-management", propertyName: "acl.enabled", propertyValue };
  const answer = await server.request("POST", "/api/v1/configProperty", { headers, body });
  expect(answer.statusCode, answer.payload).toBe(200);
}

const DECISION = { state: "NOT_AFFECTED", justification: "CODE_NOT_REACHABLE", suppressed: true } as const;

describe("one decision about many findings", () => {
  test("of a vulnerability is written for each, with the reason in its trail, and told", async () => {
    const done = await decide({ vulnerability: vulnerability.uuid, reason: "never called", decision: DECISION });
    expect(done).toMatchObject({ changed: 3, unchanged: 0, left: [], more: false });
    expect(await decisions()).toEqual([DECISION, DECISION, DECISION]);
    expect((await trails()).filter(({ comment }) => comment === "never called")).toHaveLength(3);
    expect(await told()).toHaveLength(3);
  });

  test("says again what is there: nothing is written", async () => {
    const body = { findings: named(0, 1), reason: "never called", decision: DECISION };
    await decide(body);
    const before = await trails();
    expect(await decide(body)).toMatchObject({ changed: 0, unchanged: 2 });
    expect(await trails()).toEqual(before);
  });

  test("is narrowed to a project, and to findings that are named; what is no finding is told", async () => {
    const { project } = findings[1] as Found;
    const one = { vulnerability: vulnerability.uuid, project, reason: "here", decision: { state: "IN_TRIAGE" } };
    expect(await decide(one)).toMatchObject({ changed: 1 });
    expect((await decisions()).map(({ state }) => state)).toEqual(["IN_TRIAGE"]);
    const stranger = { component: UNKNOWN, vulnerability: vulnerability.uuid };
    const two = { findings: [...named(0), stranger], reason: "there", decision: { state: "EXPLOITABLE" } };
    expect(await decide(two)).toMatchObject({ changed: 1, left: [{ ...stranger, reason: "NOT_FOUND" }] });
  });

  test("changes nothing that the caller does not see", async () => {
    await accessControl("true");
    try {
      const { key: stranger } = await server.keyWith(["VULNERABILITY_ANALYSIS"], "Strangers");
      const settled = await request(
        OPERATIONS,
        { findings: named(0), reason: "r", decision: { state: "EXPLOITABLE" } },
        stranger,
      );
      expect(settled.json()).toMatchObject({ changed: 0, left: [{ reason: "NOT_FOUND" }] });
    } finally {
      await accessControl("false");
    }
  });

  test.each([
    ["no reason", { reason: "", decision: DECISION }],
    ["nothing decided", { reason: "r", decision: {} }],
    ["neither findings nor a vulnerability", { vulnerability: undefined, reason: "r", decision: DECISION }],
    ["both", { findings: [{ component: UNKNOWN, vulnerability: UNKNOWN }], reason: "r", decision: DECISION }],
  ])("is refused with %s", async (_, body) => {
    const answer = await request(OPERATIONS, { vulnerability: vulnerability.uuid, ...body });
    expect(answer.statusCode).toBe(400);
    expect(await decisions()).toEqual([]);
  });

  test("is for those who may decide", async () => {
    const { key: reader } = await server.keyWith(["VIEW_VULNERABILITY"], "Readers");
    const body = { vulnerability: vulnerability.uuid, reason: "r", decision: DECISION };
    expect((await request(OPERATIONS, body, reader)).statusCode).toBe(403);
    expect((await request(`${OPERATIONS}/${UNKNOWN}/undo`, undefined, reader)).statusCode).toBe(403);
  });
});

describe("undoing it", () => {
  test("makes what it changed what it was, with the trail; once", async () => {
    await decide({ findings: named(0), reason: "first", decision: { state: "IN_TRIAGE" } });
    const done = await decide({ vulnerability: vulnerability.uuid, reason: "mistake", decision: DECISION });
    expect(await undo(done)).toEqual({ uuid: done.uuid, restored: 3, left: [] });
    const none = { justification: "NOT_SET", suppressed: false };
    expect(await decisions()).toEqual([
      { state: "IN_TRIAGE", ...none },
      { state: "NOT_SET", ...none },
      { state: "NOT_SET", ...none },
    ]);
    expect((await trails()).filter(({ comment }) => comment === "Undone: mistake")).toHaveLength(3);
    expect((await request(`${OPERATIONS}/${done.uuid}/undo`, undefined)).statusCode).toBe(409);
  });

  test("leaves alone what somebody changed since, and what is gone, and tells it", async () => {
    const done = await decide({ vulnerability: vulnerability.uuid, reason: "r", decision: DECISION });
    await decide({ findings: named(1), reason: "since", decision: { suppressed: false } });
    const { component, projectId } = findings[2] as Found;
    await seed.rows("delete from component where uuid = $1", [component]);
    const undone = await undo(done);
    expect(undone.restored).toBe(1);
    expect(undone.left).toEqual([
      { ...named(1)[0], reason: "CHANGED_SINCE" },
      { component: "", vulnerability: vulnerability.uuid, reason: "GONE" },
    ]);
    expect(await decisions()).toEqual([
      { state: "NOT_SET", justification: "NOT_SET", suppressed: false },
      { ...DECISION, suppressed: false },
    ]);
    const stored = "select undone from audit_operation_change where project_id = $1";
    expect(await seed.rows(stored, [projectId])).toEqual([{ undone: "GONE" }]);
  });

  test("of an operation there is not is answered with 404", async () => {
    expect((await request(`${OPERATIONS}/${UNKNOWN}/undo`, undefined)).statusCode).toBe(404);
  });
});

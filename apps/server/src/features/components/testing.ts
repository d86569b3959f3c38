import type { Permission } from "@evertrack/contract";
import { expect } from "vitest";
import { Seed } from "../../testing/seed.ts";
import type { TestServer } from "../../testing/test-server.ts";

/** A UUID nothing has. */
export const UNKNOWN = "11111111-2222-4333-8444-555555555555";

/** A route as its refusals are tested. */
export interface Refusable {
  method: "GET" | "PUT" | "POST" | "DELETE";
  /** The path for a project and one of its components. */
  path(uuids: { project: string; component: string }): string;
  body?(uuids: { project: string; component: string }): unknown;
  permission: Permission;
  /** The answer to somebody who may. */
  status: number;
}

/** A project with one component. */
export async function projectWithComponent(
  seed: Seed,
): Promise<{ project: string; component: string; projectId: number }> {
  const project = await seed.project();
  const component = await seed.component(project.id, await seed.identity(`pkg:npm/one-${project.id}@1`));
  return { project: project.uuid, component: component.uuid, projectId: project.id };
}

/** Nobody, a missing permission, what does not exist, and what is no UUID are refused. */
export async function expectRefusals(server: TestServer, { method, path, body, permission, status }: Refusable) {
  const seed = new Seed(server.database.executor);
  const there = await projectWithComponent(seed);
  const gone = { project: UNKNOWN, component: UNKNOWN };
  const { key } = await server.keyWith([permission]);
  const { key: other } = await server.keyWith([
    permission === "VIEW_PORTFOLIO" ? "VIEW_VULNERABILITY" : "VIEW_PORTFOLIO",
  ]);
  const ask = (uuids: typeof gone, caller?: string) =>
    server.request(method, path(uuids), {
      ...(caller === undefined ? {} : { key: caller }),
      ...(body === undefined ? {} : { body: body(uuids) }),
    });
  expect((await ask(there)).statusCode, "nobody").toBe(401);
  expect((await ask(there, other)).statusCode, "without the permission").toBe(403);
  expect((await ask(gone, key)).statusCode, "what does not exist").toBe(404);
  expect((await ask({ project: "x", component: "x" }, key)).statusCode, "no UUID").toBe(400);
  const answer = await ask(there, key);
  expect(answer.statusCode, answer.payload).toBe(status);
}

/** With access control on, other teams' projects are refused, and one's own are not. */
export async function expectIsolation(server: TestServer, { method, path, body, permission, status }: Refusable) {
  const seed = new Seed(server.database.executor);
  const headers = { authorization: `Bearer ${await server.adminToken()}` };
  const property = { groupName: "access-management", propertyName: "acl.enabled" };
  const turn = (propertyValue: string) =>
    server.request("POST", "/api/v1/configProperty", { headers, body: { ...property, propertyValue } });
  expect((await turn("true")).statusCode).toBe(200);
  try {
    const there = await projectWithComponent(seed);
    const [mapped, foreign] = [await server.keyWith([permission]), await server.keyWith([permission])];
    const mapping = { team: mapped.teamUuid, project: there.project };
    expect((await server.request("PUT", "/api/v1/acl/mapping", { headers, body: mapping })).statusCode).toBe(200);
    const ask = (key: string) =>
      server.request(method, path(there), { key, ...(body === undefined ? {} : { body: body(there) }) });
    const refused = await ask(foreign.key);
    expect(refused.statusCode, refused.payload).toBe(403);
    expect(refused.json()).toMatchObject({ title: "Project access denied" });
    expect((await ask(mapped.key)).statusCode).toBe(status);
  } finally {
    await turn("false");
  }
}

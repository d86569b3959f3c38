import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { type TestDatabase, testDatabase } from "@evertrack/embedded-postgres/testing";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { Database } from "../db/index.ts";
import { createLog } from "../log/log.ts";
import { AppError, PlainError } from "./problem.ts";
import { type Route, route } from "./route.ts";
import { serverWith } from "./testing.ts";

const key = { "x-api-key": "good" };
const body = z.object({ name: z.string().min(1), tags: z.array(z.object({ name: z.string() })).default([]) });

function throwing(path: string, failure: () => unknown): Route {
  return route({
    method: "GET",
    path,
    access: "public",
    handle: async () => {
      throw failure();
    },
  });
}

const plain = new PlainError(404, "The project could not be found.");
const secret = new Error("secret detail of the inside");
const routes: Route[] = ["v1", "v2"].flatMap((version) => [
  route({ method: "PUT", path: `/api/${version}/thing`, access: "public", body, handle: async () => ({}) }),
  route({ method: "GET", path: `/api/${version}/who`, access: "authenticated", handle: async () => ({}) }),
  route({ method: "GET", path: `/api/${version}/admin`, access: ["ACCESS_MANAGEMENT"], handle: async () => ({}) }),
  throwing(`/api/${version}/plain`, () => plain),
  throwing(`/api/${version}/conflict`, () => new PlainError(409, "There is one already.")),
  throwing(`/api/${version}/problem`, () => new AppError("project-access-denied", "Not yours.", { internal: "why" })),
  throwing(`/api/${version}/reused`, () => new AppError("idempotency-key-reused", "Another body.")),
  throwing(`/api/${version}/broken`, () => secret),
]);

let app: FastifyInstance;
beforeAll(async () => {
  app = await serverWith(routes);
});
afterAll(() => app?.close());

const put = (url: string, payload: unknown) => app.inject({ method: "PUT", url, payload: payload as object });

describe("what does not fit its schema", () => {
  const wrong = { name: "", tags: [{ name: "a" }, { name: 7 }] };

  test("is a list of members in v1", async () => {
    const answer = await put("/api/v1/thing", wrong);
    expect(answer.statusCode).toBe(400);
    expect(answer.headers["content-type"]).toContain("application/json");
    expect(answer.json()).toEqual([
      { message: expect.any(String), messageTemplate: "too_small", path: "name", invalidValue: "" },
      { message: expect.any(String), messageTemplate: "invalid_type", path: "tags.1.name", invalidValue: 7 },
    ]);
  });
  test("is a problem with its errors in v2", async () => {
    const answer = await put("/api/v2/thing", wrong);
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    expect(answer.json()).toMatchObject({
      status: 400,
      title: "Bad Request",
      errors: [
        { path: "name", value: "", message: expect.any(String) },
        { path: "tags.1.name", value: "7", message: expect.any(String) },
      ],
    });
  });
  test("is told for 50 members at most, and long values are cut", async () => {
    const tags = Array.from({ length: 200 }, () => ({ name: 7 }));
    expect((await put("/api/v1/thing", { name: "a", tags })).json()).toHaveLength(50);
    const [first] = (await put("/api/v1/thing", { name: "a", tags: "x".repeat(5_000) })).json();
    expect(first.invalidValue).toHaveLength(201);
  });
  test("a body left out is told by its members", async () => {
    expect((await put("/api/v1/thing", undefined)).json()).toMatchObject([{ path: "name" }]);
  });
});

describe("nobody and the wrong ones", () => {
  test.each([
    ["/api/v1/who", {}, 401],
    ["/api/v1/who", { "x-api-key": "bad" }, 401],
    ["/api/v1/admin", key, 403],
  ])("%s %o gets an empty %i in v1", async (url, headers, status) => {
    const answer = await app.inject({ url, headers });
    expect([answer.statusCode, answer.payload]).toEqual([status, ""]);
  });
  test.each([
    ["/api/v2/who", {}, 401, "Unauthorized", "Not authorized to access the requested resource."],
    ["/api/v2/admin", key, 403, "Forbidden", "Not permitted to access the requested resource."],
  ])("%s %o gets a problem in v2", async (url, headers, status, title, detail) => {
    const answer = await app.inject({ url, headers });
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toEqual({ type: "about:blank", status, title, detail, instance: url });
  });
  test("a bearer token is a credential too", async () => {
    const headers = { authorization: "Bearer good" };
    expect((await app.inject({ url: "/api/v1/who", headers })).statusCode).toBe(200);
  });
  test("a refused request's body is not read", async () => {
    const guarded = route({ method: "PUT", path: "/x", access: "authenticated", body, handle: async () => ({}) });
    const own = await serverWith([guarded]);
    const headers = { "content-type": "application/json" };
    expect((await own.inject({ method: "PUT", url: "/x", headers, payload: "{ broken" })).statusCode).toBe(401);
    await own.close();
  });
});

describe("sentences and problems", () => {
  test("an older endpoint answers a sentence in v1", async () => {
    const answer = await app.inject({ url: "/api/v1/plain" });
    expect([answer.statusCode, answer.payload]).toEqual([404, "The project could not be found."]);
    expect(answer.headers["content-type"]).toContain("text/plain");
  });
  test.each([
    ["/api/v2/plain", 404, "Resource does not exist", "The project could not be found."],
    ["/api/v2/conflict", 409, "Resource already exists", "There is one already."],
    ["/api/v1/problem", 403, "Project access denied", "Not yours."],
    ["/api/v1/reused", 422, "Idempotency key reused with another request", "Another body."],
    ["/api/v1/nothing", 404, "Resource does not exist", "There is nothing at GET /api/v1/nothing."],
  ])("%s is a problem %i", async (url, status, title, detail) => {
    const answer = await app.inject({ url: `${url}?x=1` });
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    expect(answer.json()).toMatchObject({ status, title, detail, instance: url });
  });
  test("an unexpected failure tells nothing of the inside", async () => {
    const answer = await app.inject({ url: "/api/v1/broken" });
    expect(answer.json()).toMatchObject({ status: 500, title: "Unexpected error" });
    expect(answer.payload).not.toContain("secret");
    expect(answer.headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  });
  test("another method is a 405 that tells the offered ones", async () => {
    const answer = await app.inject({ method: "DELETE", url: "/api/v1/thing" });
    expect(answer.json()).toMatchObject({ status: 405, title: "Method Not Allowed" });
    expect(answer.headers.allow).toBe("PUT");
    const known = await app.inject({ method: "PATCH", url: "/api/v1/finding/project/a" });
    expect([known.statusCode, known.headers.allow]).toEqual([405, "GET, HEAD"]);
  });
  test("an address that is no URL is a problem 400", async () => {
    expect((await app.inject({ url: "/api/v1/project/%zz" })).json()).toMatchObject({ status: 400 });
  });
});

test.skipIf(!existsSync("/dev/full"))(
  "a disk without room is a 503 with Retry-After, not a fault of the request",
  async () => {
    const handle = () => writeFile("/dev/full", "x");
    const full = await serverWith([route({ method: "PUT", path: "/x", access: "public", handle })]);
    const answer = await full.inject({ method: "PUT", url: "/x" });
    await full.close();
    expect(answer.json()).toMatchObject({ status: 503, title: "Temporarily unavailable" });
    expect(answer.headers["retry-after"]).toBe("10");
  },
);

describe("the database", () => {
  const log = createLog({ level: "silent", instance: "test" });
  let own: TestDatabase;
  beforeAll(async () => {
    own = await testDatabase();
  });
  afterAll(() => own?.drop());

  async function answerWith(url: string, statement: string) {
    const limits = { poolSizeMax: 2, idleTimeoutMs: 1, connectionLifetimeMs: 60_000, connectTimeoutMs: 4_000 };
    const database = new Database(
      { name: "default", url, ...limits, queryTimeoutMs: 2_000, applicationName: "x" },
      log,
    );
    const handle = () => database.executor.query(statement);
    const server = await serverWith([route({ method: "GET", path: "/x", access: "public", handle })]);
    const startedMs = performance.now();
    const answer = await server.inject({ url: "/x" });
    const tookMs = performance.now() - startedMs;
    await server.close();
    await database.close();
    return { answer, tookMs };
  }

  test("that is gone is a 503 with Retry-After", async () => {
    const { answer } = await answerWith("postgres://u@127.0.0.1:1/d", "select 1");
    expect(answer.json()).toMatchObject({ status: 503, title: "Temporarily unavailable" });
    expect(answer.headers["retry-after"]).toBe("5");
  });
  test("that is silent is one too, within seconds", async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as { port: number };
    const { answer, tookMs } = await answerWith(`postgres://u@127.0.0.1:${port}/d`, "select 1");
    silent.close();
    expect([answer.statusCode, answer.headers["retry-after"]]).toEqual([503, "5"]);
    expect(tookMs).toBeLessThan(20_000);
  });
  test("without room on its disk is a 503 with Retry-After", async () => {
    const { answer } = await answerWith(
      own.url,
      "do $$ begin raise exception 'no space' using errcode = '53100'; end $$",
    );
    expect([answer.statusCode, answer.headers["retry-after"]]).toEqual([503, "10"]);
  });
  test("that takes too long is a 504", async () => {
    const { answer } = await answerWith(own.url, "select pg_sleep(30)");
    expect(answer.json()).toMatchObject({ status: 504, type: "/problems/timeout" });
  });
});

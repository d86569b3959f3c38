import { request } from "node:http";
import type { AddressInfo } from "node:net";
import type { FastifyInstance, InjectOptions } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type Route, route } from "./route.ts";
import { serverWith } from "./testing.ts";

const named = z.object({ name: z.string() });
const BODY_LIMIT_BYTES = 2_000;

const routes: Route[] = [
  route({ method: "GET", path: "/api/v1/read", access: "public", handle: async () => ({ read: true }) }),
  route({
    method: "GET",
    path: "/api/v1/named/:name/:version",
    access: "public",
    params: z.object({ name: z.string(), version: z.string() }),
    handle: async ({ params }) => params,
  }),
  route({ method: "PUT", path: "/api/v1/json", access: "public", body: named, handle: async ({ body }) => body }),
  route({ method: "POST", path: "/api/v1/form", access: "public", body: named, handle: async ({ body }) => body }),
  route({
    method: "PUT",
    path: "/api/v1/small",
    access: "public",
    body: named,
    bodySizeMaxBytes: BODY_LIMIT_BYTES,
    handle: async () => ({}),
  }),
  route({
    method: "DELETE",
    path: "/api/v1/gone",
    access: "public",
    handle: async ({ reply }) => reply.status(204).send(),
  }),
  route({ method: "GET", path: "/api/v1/old", access: "public", deprecated: true, handle: async () => ({}) }),
];

let app: FastifyInstance;
beforeAll(async () => {
  app = await serverWith(routes);
});
afterAll(() => app?.close());

const json = { "content-type": "application/json" };
const send = (
  method: InjectOptions["method"],
  url: string,
  payload?: string | Buffer,
  headers: Record<string, string> = json,
) => app.inject({ method: method ?? "GET", url, headers, ...(payload === undefined ? {} : { payload }) });

describe("bodies", () => {
  test.each([
    ["plain", "application/json", '{"name":"é"}'],
    ["with a byte order mark", "application/json", '\uFEFF{"name":"é"}'],
    ["with a charset", "application/json; charset=utf-8", '{"name":"é"}'],
    ["of a vendor's kind", "application/vnd.x+json", '{"name":"é"}'],
    ["with white space around it", "application/json", ' \n{"name":"é"}\n'],
  ])("JSON %s", async (_, type, payload) => {
    expect((await send("PUT", "/api/v1/json", payload, { "content-type": type })).json()).toEqual({ name: "é" });
  });
  test("an urlencoded form", async () => {
    const type = { "content-type": "application/x-www-form-urlencoded" };
    expect((await send("POST", "/api/v1/form", "name=a+b%26&x=1", type)).json()).toEqual({ name: "a b&" });
  });
  test("broken JSON is a problem that says where", async () => {
    const answer = await send("PUT", "/api/v1/json", '{"name": ');
    expect(answer.json()).toMatchObject({ status: 400, title: "The provided JSON payload could not be mapped" });
    expect(answer.json().detail).toMatch(/JSON/);
  });
  test.each(["text/xml", "application/octet-stream", "multipart/form-data"])("%s is a 415", async (type) => {
    const answer = await send("PUT", "/api/v1/json", "<x/>", { "content-type": type });
    expect([answer.statusCode, answer.json().title]).toEqual([415, "Unsupported Media Type"]);
  });
  test("one byte over the limit is a 413, of a route's own limit too", async () => {
    const ofSize = (bytes: number) => JSON.stringify({ name: "a".repeat(bytes - 11) });
    expect((await send("PUT", "/api/v1/small", ofSize(BODY_LIMIT_BYTES))).statusCode).toBe(200);
    const over = await send("PUT", "/api/v1/small", ofSize(BODY_LIMIT_BYTES + 1));
    expect(over.json()).toMatchObject({ status: 413, title: "Payload Too Large" });
    expect((await send("PUT", "/api/v1/json", ofSize(1024 * 1024 + 1))).statusCode).toBe(413);
  });
  test("an empty body where none is wanted is nothing, whatever its content type says", async () => {
    expect((await send("DELETE", "/api/v1/gone", "")).statusCode).toBe(204);
    expect((await send("DELETE", "/api/v1/gone")).statusCode).toBe(204);
    expect((await send("DELETE", "/api/v1/gone", "{}")).statusCode).toBe(204);
  });
});

describe("over a real connection", () => {
  beforeAll(() => app.listen({ host: "127.0.0.1", port: 0 }));

  function raw(method: string, path: string, payload = "", headers: Record<string, string> = {}) {
    const { port } = app.server.address() as AddressInfo;
    return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
      const sent = request({ host: "127.0.0.1", port, method, path, headers }, (answer) => {
        let text = "";
        answer.on("data", (chunk) => (text += chunk));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
      });
      sent.on("error", reject);
      sent.end(payload);
    });
  }

  test.each([
    ["{}", json],
    ["null", json],
    ["not json at all", json],
    ["", json],
    ["<xml/>", { "content-type": "text/xml" }],
    ["x".repeat(3_000_000), { "content-type": "application/octet-stream" }],
  ])("a GET with the body %.12s is a GET", async (payload, headers) => {
    const length = { "content-length": String(Buffer.byteLength(payload)) };
    const answer = await raw("GET", "/api/v1/read", payload, { ...headers, ...length });
    expect([answer.status, answer.text]).toEqual([200, '{"read":true}']);
  });
  test("HEAD answers the headers of GET", async () => {
    const answer = await raw("HEAD", "/api/v1/read");
    expect([answer.status, answer.text, answer.headers["content-length"]]).toEqual([200, "", "13"]);
  });
});

describe("path segments", () => {
  test.each([
    ["/api/v1/named/a%2Fb/1.0", { name: "a/b", version: "1.0" }],
    ["/api/v1/named/%40scope%2Fname/1%202%3F%23", { name: "@scope/name", version: "1 2?#" }],
    ["/api/v1/named/%C3%A9%252F/+", { name: "é%2F", version: "+" }],
    [`/api/v1/named/${"a".repeat(8_000)}/1`, { name: "a".repeat(8_000), version: "1" }],
  ])("%.40s", async (url, params) => expect((await app.inject({ url })).json()).toEqual(params));
});

describe("headers", () => {
  test("of every answer, errors too", async () => {
    for (const url of ["/api/v1/read", "/api/v1/nothing", "/api/v1/policy"]) {
      const { headers } = await app.inject({ url, headers: { origin: "https://ui" } });
      expect(headers).toMatchObject({
        "x-powered-by": "Evertrack v1.2.3",
        "cache-control": "private, max-age=0, must-revalidate, no-cache",
        "access-control-allow-origin": "*",
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": expect.stringContaining("X-Total-Count"),
      });
      expect(headers.server).toBeUndefined();
    }
  });
  test("a deprecated operation says so, others do not", async () => {
    expect((await app.inject({ url: "/api/v1/old" })).headers["x-api-deprecated"]).toBe("true");
    expect((await app.inject({ url: "/api/v1/read" })).headers["x-api-deprecated"]).toBeUndefined();
  });
  test("a preflight is answered without credentials", async () => {
    const headers = { origin: "https://ui", "access-control-request-method": "PUT" };
    const answer = await app.inject({ method: "OPTIONS", url: "/api/v1/json", headers });
    expect(answer.statusCode).toBe(204);
    expect(answer.headers["access-control-allow-methods"]).toContain("PATCH");
    expect(answer.headers["access-control-allow-headers"]).toContain("X-Api-Key");
    expect(answer.headers["access-control-max-age"]).toBe("3600");
  });
  test("none about other origins when switched off, and only the configured origins otherwise", async () => {
    const off = await serverWith(routes, { properties: { "dt.cors.enabled": "false" } });
    const headers = { origin: "https://evil" };
    expect((await off.inject({ url: "/api/v1/read", headers })).headers["access-control-allow-origin"]).toBeUndefined();
    const some = await serverWith(routes, { properties: { "dt.cors.allowed-origins": "https://a, https://b" } });
    const originFor = async (origin: string) =>
      (await some.inject({ url: "/api/v1/read", headers: { origin } })).headers["access-control-allow-origin"];
    expect([await originFor("https://b"), await originFor("https://evil")]).toEqual(["https://b", undefined]);
    await Promise.all([off.close(), some.close()]);
  });
  test("an instance that begins to drain meanwhile asks the client to close its connection", async () => {
    let isDraining = false;
    const handle = async () => {
      isDraining = true;
      return {};
    };
    const begin = route({ method: "GET", path: "/x", access: "public", handle });
    const own = await serverWith([begin], { draining: () => isDraining });
    expect((await own.inject({ url: "/x" })).headers.connection).toBe("close");
    await own.close();
  });
  test("a draining instance asks clients to close their connection", async () => {
    const draining = await serverWith(routes, { draining: () => true });
    expect((await draining.inject({ url: "/api/v1/read" })).headers.connection).toBe("close");
    await draining.close();
  });
});

test("every answered request is told to metrics by its route, not by its address", async () => {
  const seen: unknown[] = [];
  const own = await serverWith(routes, { observe: ({ durationMs: _, ...told }) => seen.push(told) });
  await own.inject({ url: "/api/v1/named/a/1" });
  await own.inject({ url: "/api/v1/nothing/at/all" });
  await own.close();
  expect(seen).toEqual([
    { method: "GET", route: "/api/v1/named/:name/:version", status: 200 },
    { method: "GET", route: "(none)", status: 404 },
  ]);
});

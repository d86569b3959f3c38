import { expect, test } from "vitest";
import { z } from "zod";
import { inTurn, on, startStubApi } from "../../test/stub-api.ts";
import { EXIT } from "../exit-codes.ts";
import { type Api, call, callJson, closeApi, isLoopback, openApi } from "./http.ts";

const RULES = { attemptsMax: 4, delayFirstMs: 1, delayMaxMs: 5, totalMaxMs: 2_000 };

function client(url: string, options: Partial<Api> = {}): Api & AsyncDisposable {
  const api = openApi(url, { apiKey: "odt_key" }, { rules: RULES, ...options });
  return { ...api, [Symbol.asyncDispose]: () => closeApi(api) };
}

test("a read is repeated after 503 and after a cut connection, and carries the key each time", async () => {
  await using stub = await startStubApi(
    on("GET", "/x", inTurn({ status: 503, headers: { "retry-after": "0" } }, "cut", { body: { ok: true } })),
  );
  await using api = client(stub.url);
  await expect(callJson(api, { method: "GET", path: "/x" }, z.object({ ok: z.boolean() }))).resolves.toEqual({
    ok: true,
  });
  expect(stub.seen.map((request) => request.headers["x-api-key"])).toEqual(["odt_key", "odt_key", "odt_key"]);
});

test("a write that may have arrived is not sent again", async () => {
  await using stub = await startStubApi(
    on("PUT", "/cut", () => "cut"),
    on("PUT", "/busy", () => ({ status: 503 })),
  );
  await using api = client(stub.url);
  await expect(call(api, { method: "PUT", path: "/cut" })).rejects.toMatchObject({ exitCode: EXIT.unreachable });
  await expect(call(api, { method: "PUT", path: "/busy" })).rejects.toMatchObject({ status: 503 });
  expect(stub.seen).toHaveLength(2);
});

test("a write that is safe to repeat is sent again", async () => {
  await using stub = await startStubApi(on("POST", "/x", inTurn("cut", { status: 504 }, {})));
  await using api = client(stub.url);
  await expect(call(api, { method: "POST", path: "/x", safe: true })).resolves.toMatchObject({ status: 200 });
  expect(stub.seen).toHaveLength(3);
});

test("a refused connection is tried again, then told with its own exit code", async () => {
  const stub = await startStubApi();
  await stub[Symbol.asyncDispose]();
  const told: string[] = [];
  await using api = client(stub.url, { onRetry: ({ reason }) => told.push(reason) });
  const failure = call(api, { method: "PUT", path: "/x" });
  await expect(failure).rejects.toMatchObject({ exitCode: EXIT.unreachable });
  await expect(failure).rejects.toThrow(/Cannot reach the server .*connection refused \(4 attempts\)/);
  expect(told).toEqual(Array(3).fill("connection refused"));
});

test("an answer of another shape is refused at the door, naming the place", async () => {
  await using stub = await startStubApi(
    on("GET", "/x", () => ({ body: { token: 5 } })),
    on("GET", "/html", () => ({ body: "<html>" })),
  );
  await using api = client(stub.url);
  const schema = z.object({ token: z.string() });
  await expect(callJson(api, { method: "GET", path: "/x" }, schema)).rejects.toMatchObject({
    details: [expect.stringContaining("at /token")],
  });
  await expect(callJson(api, { method: "GET", path: "/html" }, schema)).rejects.toThrow("is not JSON");
});

test("only addresses of this machine count as loopback", () => {
  expect(["http://127.0.0.1:8080", "http://localhost", "http://[::1]:1"].every(isLoopback)).toBe(true);
  expect(["http://127.0.0.1.example.com", "https://localhost.example.com", "http://10.0.0.1"].some(isLoopback)).toBe(
    false,
  );
});

import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { Retryable, Terminal } from "@evertrack/engine/authoring";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createOutbound } from "../../../../platform/outbound/index.ts";
import { postToAnalyzer, retryAfterMs } from "./post.ts";

let answer: RequestListener = () => {};
const server = createServer((request, response) => answer(request, response));
const outbound = createOutbound({ connectTimeoutMs: 2_000 });
beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
afterAll(async () => {
  await outbound.close();
  server.closeAllConnections();
  server.close();
});

function post({ allowLocal = true, timeoutMs = 2_000, sizeMaxBytes = 100 } = {}): Promise<Buffer> {
  return postToAnalyzer(outbound, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ask`,
    headers: { authorization: "Bearer x", "content-type": "application/json" },
    body: "{}",
    allowLocal,
    allowLocalProperty: "dt.some.property",
    sizeMaxBytes,
    timeoutMs,
    signal: new AbortController().signal,
  });
}

const failure = (attempt: Promise<unknown>) =>
  attempt.then(
    () => undefined,
    (error: unknown) => error,
  );

test("overload and gateway errors are tried again, after the time the service asks for", async () => {
  for (const status of [429, 502, 503, 504]) {
    answer = (_, response) => response.writeHead(status, { "retry-after": "7" }).end();
    const error = await failure(post());
    expect(error).toBeInstanceOf(Retryable);
    expect(error).toMatchObject({ afterMs: 7_000 });
  }
  answer = (_, response) => response.writeHead(429, { "retry-after": "86400" }).end();
  expect(await failure(post())).toMatchObject({ afterMs: 600_000 });
});

test("every other status is final, and redirects are not followed", async () => {
  for (const status of [400, 401, 404, 500, 307]) {
    answer = (_, response) => response.writeHead(status, { location: "http://127.0.0.1:1/" }).end();
    expect(await failure(post()), String(status)).toBeInstanceOf(Terminal);
  }
});

test("a service that says nothing in time, or breaks off, is tried again; one that says too much is not", async () => {
  answer = () => {};
  expect(await failure(post({ timeoutMs: 100 }))).toBeInstanceOf(Retryable);
  answer = (request) => request.socket.destroy();
  expect(await failure(post())).toBeInstanceOf(Retryable);
  answer = (_, response) => response.end("x".repeat(101));
  expect(await failure(post())).toBeInstanceOf(Terminal);
});

test("a service on this machine is refused, with the property that permits it", async () => {
  const error = await failure(post({ allowLocal: false }));
  expect(error).toBeInstanceOf(Terminal);
  expect(String(error)).toContain("dt.some.property");
});

test("Retry-After is read as seconds and as a date", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(retryAfterMs("12", now)).toBe(12_000);
  expect(retryAfterMs("Thu, 01 Jan 2026 00:00:30 GMT", now)).toBe(30_000);
  expect(retryAfterMs("Wed, 31 Dec 2025 00:00:00 GMT", now)).toBe(0);
  expect(retryAfterMs("soon", now)).toBeUndefined();
  expect(retryAfterMs(undefined, now)).toBeUndefined();
});

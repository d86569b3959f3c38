import { V1_OPERATIONS, V2_OPERATIONS } from "@evertrack/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serverWith } from "../platform/http/testing.ts";
import { type TestServer, testServer } from "../testing/test-server.ts";

const operations = [...V1_OPERATIONS, ...V2_OPERATIONS];
const addressOf = (path: string) => path.replaceAll(/\{\w+\}/g, "x");

let composed: TestServer;
beforeAll(async () => {
  composed = await testServer();
});
afterAll(() => composed?.close());

test("every operation of the contract without a route answers 501 to anybody and says so", async () => {
  const empty = await serverWith([]);
  const notTold = [];
  for (const [method, path] of operations) {
    const answer = await empty.inject({ method, url: addressOf(path) });
    const problem = answer.json();
    if (answer.statusCode !== 501 || problem.type !== "/problems/not-built-yet" || !problem.detail.includes(path))
      notTold.push(`${method} ${path}: ${answer.statusCode}`);
  }
  expect(notTold).toEqual([]);
  expect(operations.length).toBeGreaterThan(219);
  await empty.close();
});

test("every operation answers: with its route, or 501, never 404 or 405 for want of both", async () => {
  const silent = [];
  for (const [method, path] of operations) {
    const answer = await composed.request(method, addressOf(path));
    const isRoute = composed.app.hasRoute({ method, url: path.replaceAll(/\{(\w+)\}/g, ":$1") });
    if (!isRoute || answer.statusCode === 405) silent.push(`${method} ${path}: ${answer.statusCode}`);
    if (/There is nothing at/.test(answer.payload)) silent.push(`${method} ${path}: ${answer.payload}`);
  }
  expect(silent).toEqual([]);
});

test("every route of the API is an operation of the contract", () => {
  const known = new Set(operations.map(([method, path]) => `${method} ${path}`));
  const routes = composed.routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
  expect(routes.filter((route) => route.includes(" /api/v") && !known.has(route))).toEqual([]);
});

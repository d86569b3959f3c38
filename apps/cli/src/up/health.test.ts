import { expect, test } from "vitest";
import { freePorts } from "../../test/run-cli.ts";
import { on, startStubApi } from "../../test/stub-api.ts";
import { isReady } from "./health.ts";

const portOf = (stub: { url: string }) => Number(new URL(stub.url).port);

test("an instance is ready when it says so and its main port takes connections", async () => {
  await using up = await startStubApi(on("GET", "/health/ready", () => ({ status: 200 })));
  await using down = await startStubApi(on("GET", "/health/ready", () => ({ status: 503 })));
  const closed = await freePorts(1);
  expect(await isReady("127.0.0.1", portOf(up), portOf(down))).toBe(true);
  expect(await isReady("127.0.0.1", portOf(up), closed)).toBe(false);
  expect(await isReady("127.0.0.1", portOf(down), portOf(up))).toBe(false);
  expect(await isReady("127.0.0.1", closed, portOf(up))).toBe(false);
});

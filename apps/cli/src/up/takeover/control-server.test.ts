import { existsSync, mkdirSync, statSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { scratchDirectory } from "../../../test/run-cli.ts";
import { dataDirectory } from "../data-directory.ts";
import { ControlServer } from "./control-server.ts";
import { LINE_MAX_BYTES, line } from "./protocol.ts";

/** Says one thing and returns what came back before the connection ended. */
async function say(path: string, text: string): Promise<string> {
  const connection = connect(path);
  let answer = "";
  connection.on("data", (bytes) => {
    answer += String(bytes);
  });
  connection.on("error", () => undefined);
  connection.write(text);
  await new Promise<void>((resolve) => connection.once("close", () => resolve()));
  return answer;
}

test("only its user may connect, and nothing is left at the end", async () => {
  using scratch = scratchDirectory();
  const control = await ControlServer.open(dataDirectory(scratch.path), () => ({ yielding: true }));
  const PERMISSIONS = 0o777;
  expect(statSync(control.path).mode & PERMISSIONS).toBe(0o600);
  expect(await say(control.path, line({ protocol: 1, request: "yield", pid: 1 }))).toBe('{"yielding":true}\n');
  await control.close();
  expect(existsSync(control.path)).toBe(false);
});

test("a data directory with a long name has its socket in a private place", async () => {
  using scratch = scratchDirectory();
  const long = join(scratch.path, "a".repeat(120));
  mkdirSync(long);
  const control = await ControlServer.open(dataDirectory(long), () => ({ yielding: true }));
  expect(Buffer.byteLength(control.path)).toBeLessThan(100);
  expect(await say(control.path, line({ protocol: 1, request: "yield", pid: 1 }))).toContain("yielding");
  await control.close();
  expect(existsSync(dirname(control.path))).toBe(false);
});

test("what it does not understand is refused, with the protocol it speaks", async () => {
  using scratch = scratchDirectory();
  const asked: unknown[] = [];
  const control = await ControlServer.open(dataDirectory(scratch.path), (request) => ({
    request,
    asked: asked.push(request),
  }));
  expect(await say(control.path, line({ protocol: 2, request: "replace" }))).toMatch(/"protocol".*version 1/);
  expect(await say(control.path, line({ protocol: 1, request: "dance" }))).toContain('"unknown"');
  expect(await say(control.path, "no JSON\n")).toBe("");
  expect(await say(control.path, "x".repeat(LINE_MAX_BYTES + 1))).toBe("");
  expect(asked).toEqual([]);
  await control.close();
});

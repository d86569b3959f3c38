import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { createLog, type Log } from "./log.ts";

const SECRET = "geheim-123456";

function written(write: (log: Log) => void): string {
  let text = "";
  const destination = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  write(createLog({ level: "trace", instance: "i-1", destination }));
  return text;
}

test("a line carries time, instance and message", () => {
  const line = JSON.parse(written((log) => log.info({ port: 1 }, "listens")));
  expect(line).toMatchObject({ instance: "i-1", msg: "listens", port: 1, time: expect.stringMatching(/Z$/) });
});

test.each<[string, (log: Log) => void]>([
  ["a member", (log) => log.info({ password: SECRET, token: SECRET })],
  ["deep inside", (log) => log.info({ a: [{ b: { newPassword: SECRET, apiKey: SECRET } }] })],
  ["headers", (log) => log.info({ req: { headers: { "x-api-key": SECRET, Authorization: SECRET, cookie: SECRET } } })],
  ["deeper than is looked", (log) => log.info({ a: { b: { c: { d: { e: { f: { g: { h: SECRET } } } } } } } })],
  ["an error's members", (log) => log.error({ err: Object.assign(new Error("no"), { config: { password: SECRET } }) })],
  [
    "an error's cause",
    (log) => log.error({ err: new Error("no", { cause: new Error(`at postgres://u:${SECRET}@h/d`) }) }),
  ],
  ["an URL in the message", (log) => log.warn(`cannot reach postgres://user:${SECRET}@host/db`)],
  ["an error thrown by URL", (log) => log.error(urlError())],
  ["a query", (log) => log.debug({ url: `/api/v1/badge/x?a=1&apiKey=${SECRET}` })],
  ["a bearer token", (log) => log.info(`sent Bearer ${SECRET}`)],
  ["bindings of a child", (log) => log.child({ url: `https://u:${SECRET}@h` }).info("x")],
])("no secret is written: %s", (_, write) => {
  const text = written(write);
  expect(text).toContain('"instance":"i-1"');
  expect(text).not.toContain(SECRET);
  expect(() => JSON.parse(text)).not.toThrow();
});

test("what is no secret stays readable, errors with stack and cause", () => {
  const error = new Error("outer", { cause: new Error("inner") });
  const token = crypto.randomUUID();
  const text = written((log) => log.error({ err: error, key: "dt.x", tokens: 3, hasPassword: true, token }, "failed"));
  expect(JSON.parse(text)).toMatchObject({ key: "dt.x", tokens: 3, hasPassword: true, token });
  expect(text).toMatch(/outer.*inner/s);
  expect(text).toContain("log.test.ts");
});

function urlError(): unknown {
  try {
    return new URL(`postgres://u:${SECRET}@h:port/d`);
  } catch (error) {
    return error;
  }
}

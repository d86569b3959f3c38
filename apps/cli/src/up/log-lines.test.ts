import { appendFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratchDirectory } from "../../test/run-cli.ts";
import { lastWords } from "./log-lines.ts";

const started = JSON.stringify({ level: 30, msg: "starting" });
const failed = JSON.stringify({
  level: 60,
  msg: "the server could not start",
  err: { message: "port taken", stack: "…" },
});

test("errors of this run are told as sentences, once; earlier runs are left out", () => {
  using scratch = scratchDirectory();
  const log = join(scratch.path, "server.log");
  writeFileSync(log, `${JSON.stringify({ level: 60, msg: "of an earlier run" })}\n`);
  const from = statSync(log).size;
  appendFileSync(log, [started, failed, failed, ""].join("\n"));
  expect(lastWords(log, from)).toEqual(["the server could not start: port taken"]);
});

test("without errors the last lines are told, whatever they are", () => {
  using scratch = scratchDirectory();
  const log = join(scratch.path, "server.log");
  const noise = Array.from({ length: 50 }, (_, index) => `line ${index}`);
  writeFileSync(log, [...noise, started].join("\n"));
  const words = lastWords(log, 0);
  expect(words).toHaveLength(12);
  expect(words.at(-1)).toBe("starting");
  expect(lastWords(join(scratch.path, "missing"), 0)).toEqual([]);
});

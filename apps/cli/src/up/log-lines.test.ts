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

test("of two processes that write to one log, only the one that started is told of", () => {
  using scratch = scratchDirectory();
  const log = join(scratch.path, "server.log");
  const line = (instance: string, level: number, msg: string) => JSON.stringify({ level, instance, msg });
  const lines = [line("old", 40, "a warning"), line("new", 30, "starting"), line("old", 50, "an error"), "not JSON"];
  writeFileSync(log, [...lines, line("new", 50, "why it failed"), ""].join("\n"));
  expect(lastWords(log, 0)).toEqual(["why it failed"]);
});

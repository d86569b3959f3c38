import { expect, test } from "vitest";
import { JsonTranscript } from "./json-transcript.ts";

const parsed = (transcript: JsonTranscript) => JSON.parse(Buffer.from(transcript.finish()).toString()) as unknown;

test("lists may be written in turns, and hold what they were given in order, however long", () => {
  const transcript = new JsonTranscript(10);
  const long = "ä".repeat(100_000);
  const numbers = Array.from({ length: 20 }, (_, i) => i);
  for (const i of numbers) {
    transcript.add("a", { i, long });
    transcript.add("b", i);
  }
  transcript.set("c", "x");
  transcript.set("d", undefined);
  transcript.set("a", "a list of this name exists");
  transcript.openList("e");
  expect(parsed(transcript)).toEqual({ a: numbers.map((i) => ({ i, long })), b: numbers, c: "x", e: [] });
});

test("a transcript of members only, and an empty one, are JSON as well", () => {
  const transcript = new JsonTranscript(0);
  transcript.set("a", 1);
  transcript.set("b", 2);
  expect(parsed(transcript)).toEqual({ a: 1, b: 2 });
  expect(parsed(new JsonTranscript(0))).toEqual({});
});

import { expect, test } from "vitest";
import { cutAlike } from "./cut.ts";

const named = (...names: string[]) => names.map((name) => ({ name }));

test("lists that did not reach the maximum stay as they are", () => {
  const [before, after] = [named("a", "b"), named("z")];
  expect(cutAlike(before, after, 2)).toEqual({ before, after, isCut: false });
});

test("of a list that goes on only names it is complete for are kept, on both sides", () => {
  expect(cutAlike(named("a", "b", "b"), named("a", "c"), 2)).toEqual({
    before: named("a"),
    after: named("a"),
    isCut: true,
  });
  expect(cutAlike(named("a", "d", "e"), named("a", "b", "c"), 2)).toEqual({
    before: named("a"),
    after: named("a", "b"),
    isCut: true,
  });
  expect(cutAlike(named("\u{1F600}", "\u{1F601}"), named("\uFF21"), 1)).toMatchObject({ after: named("\uFF21") });
});

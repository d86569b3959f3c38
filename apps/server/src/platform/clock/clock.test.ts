import { expect, test } from "vitest";
import { systemClock, uuidV7Maker } from "./clock.ts";

const IDS = 20_000;

test("ids of one process ascend, however many are made in a millisecond", () => {
  const ids = Array.from({ length: IDS }, () => systemClock.uuidV7());
  expect(ids).toEqual(ids.toSorted());
  expect(new Set(ids).size).toBe(IDS);
});

test("they ascend when the clock stands still or steps back", () => {
  let nowMs = 1_800_000_000_000;
  const next = uuidV7Maker(() => nowMs);
  const still = Array.from({ length: 10_000 }, next);
  nowMs -= 60_000;
  const back = Array.from({ length: 100 }, next);
  const ids = [...still, ...back];
  expect(ids).toEqual(ids.toSorted());
});

test("version, variant and time are where RFC 9562 wants them", () => {
  const id = uuidV7Maker(() => 0x0123_4567_89ab)();
  expect(id).toMatch(/^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

import { expect, test } from "vitest";
import type { ClaimedRun, ClaimRequest } from "../store/claim.ts";
import { SeqFloors } from "./seq-floors.ts";

const queue = { kind: "workflow", queue: "default" } as const;

function run(seq: number, priority = 0, fence = 1): ClaimedRun {
  return { ...queue, seq, priority, fence } as ClaimedRun;
}

function request(floors: Record<number, number> = {}): ClaimRequest {
  return { ...queue, limit: 50, floors };
}

test("quick claims always look at everything", () => {
  const floors = new SeqFloors();
  floors.note([request()], [run(10)], 2, 1000);
  expect(floors.floorsOf(queue, 1001)).toEqual({});
});

test("after a slow claim the next ones skip what has been claimed, with complete looks in between", () => {
  const floors = new SeqFloors();
  floors.note([request()], [run(90, 50), run(10), run(20), run(3, 0, 2)], 50, 1000);
  expect(floors.floorsOf(queue, 1001)).toEqual({ 50: 90, 0: 20 });
  floors.note([request({ 50: 90, 0: 20 })], [run(30)], 3, 1100);
  expect(floors.floorsOf(queue, 1101)).toEqual({ 50: 90, 0: 30 });
  expect(floors.floorsOf(queue, 2001)).toEqual({});
});

test("when a complete look is quick again, nothing is skipped any more", () => {
  const floors = new SeqFloors();
  floors.note([request()], [run(10)], 50, 1000);
  floors.note([request()], [run(11)], 2, 3000);
  expect(floors.floorsOf(queue, 3001)).toEqual({});
});

test("what is claimed of one priority hides nothing of another", () => {
  const floors = new SeqFloors();
  floors.note([request()], [run(900, 75), run(901, 75)], 50, 1000);
  expect(floors.floorsOf(queue, 1001)).toEqual({ 75: 901 });
});

import { expect, test } from "vitest";
import type { ClaimedRun } from "../store/claim.ts";
import { SeqFloors } from "./seq-floors.ts";

const queue = { kind: "workflow", queue: "default" } as const;

function run(seq: number, priority = 0, fence = 1): ClaimedRun {
  return { ...queue, seq, priority, fence } as ClaimedRun;
}

function request(seqFloor: number): { kind: "workflow"; queue: string; limit: number; seqFloor: number } {
  return { ...queue, limit: 50, seqFloor };
}

test("quick claims always look at everything", () => {
  const floors = new SeqFloors();
  floors.note([request(0)], [run(10)], 2, 1000);
  expect(floors.floorOf(queue, 1001)).toBe(0);
});

test("after a slow claim the next ones skip what has been claimed, with complete looks in between", () => {
  const floors = new SeqFloors();
  floors.note([request(0)], [run(90, 50), run(10), run(20), run(3, 0, 2)], 50, 1000);
  expect(floors.floorOf(queue, 1001)).toBe(20);
  floors.note([request(20)], [run(30)], 3, 1100);
  expect(floors.floorOf(queue, 1101)).toBe(30);
  expect(floors.floorOf(queue, 2001)).toBe(0);
});

test("when a complete look is quick again, nothing is skipped any more", () => {
  const floors = new SeqFloors();
  floors.note([request(0)], [run(10)], 50, 1000);
  floors.note([request(0)], [run(11)], 2, 3000);
  expect(floors.floorOf(queue, 3001)).toBe(0);
});

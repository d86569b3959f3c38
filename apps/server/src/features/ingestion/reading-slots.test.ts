import { expect, test } from "vitest";
import { NoReadingSlot, ReadingSlots } from "./reading-slots.ts";

test("no more than the slots work at once, the rest wait in order, and too many are refused", async () => {
  const slots = new ReadingSlots(2, 3);
  const gates = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const started: number[] = [];
  const work = gates.map((gate, i) =>
    slots.within(async () => {
      started.push(i);
      await gate.promise;
    }),
  );
  await expect(slots.within(async () => undefined)).rejects.toThrow(NoReadingSlot);
  expect(started).toEqual([0, 1]);
  for (const [i, gate] of gates.entries()) {
    gate.resolve();
    await work[i];
  }
  expect(started).toEqual([0, 1, 2, 3, 4]);
});

test("work that fails gives its slot back", async () => {
  const slots = new ReadingSlots(1, 0);
  await expect(slots.within(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  expect(await slots.within(async () => "free")).toBe("free");
});

import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { NoReadingSlot, ReadingSlots } from "./reading-slots.ts";

test("no more than the slots work at once, the rest wait in order, and too many are refused", async () => {
  const slots = new ReadingSlots({ count: 2, bytesMax: 100, waitingMax: 3 });
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
  const slots = new ReadingSlots({ count: 1, bytesMax: 100, waitingMax: 0 });
  await expect(slots.within(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  expect(await slots.within(async () => "free")).toBe("free");
});

test("documents are read together as far as their bytes allow; one that is larger than that is read alone, in its turn", async () => {
  const slots = new ReadingSlots({ count: 3, bytesMax: 100, waitingMax: 10 });
  const gates = [60, 500, 40, 60, 10].map((sizeBytes) => ({ sizeBytes, ...Promise.withResolvers<void>() }));
  const reading = new Set<number>();
  const work = gates.map(({ sizeBytes, promise }, i) =>
    slots.within(async () => {
      reading.add(i);
      await promise;
      reading.delete(i);
    }, sizeBytes),
  );
  const settled = async () => {
    await setImmediate();
    return [...reading];
  };
  const readAfter = async (ended: number) => {
    gates[ended]?.resolve();
    await work[ended];
    return settled();
  };
  expect(await settled()).toEqual([0]);
  expect(await readAfter(0)).toEqual([1]);
  expect(await readAfter(1)).toEqual([2, 3]);
  expect(await readAfter(2)).toEqual([3, 4]);
  await Promise.all([readAfter(3), readAfter(4)]);
});

import { expect, test } from "vitest";
import { seededRandom } from "../testing/index.ts";
import { Slots } from "./slots.ts";

const queue = { kind: "activity", queue: "imports" } as const;
const run = (priority: number, aged = false) => ({ ...queue, priority, aged });

test("batch work may use four fifths of the places, and one is free where there are two", () => {
  const batchLimits = [1, 2, 3, 5, 10, 25, 100].map((concurrency) => {
    const [request] = new Slots([{ ...queue, concurrency }], 0).requests(0);
    return [concurrency, request?.batchLimit];
  });
  expect(batchLimits).toEqual([
    [1, 1],
    [2, 1],
    [3, 2],
    [5, 4],
    [10, 8],
    [25, 20],
    [100, 80],
  ]);
});

test("whatever is taken and given back, batch work never has more than its places", () => {
  const random = seededRandom();
  const slots = new Slots([{ ...queue, concurrency: 10 }], 0);
  const active: number[] = [];
  for (let turn = 0; turn < 2000; turn++) {
    const [request] = slots.requests(turn);
    for (let n = 0; n < (request?.limit ?? 0); n++) {
      const mayBeBatch = active.filter((priority) => priority < 50).length < 8 && n < (request?.batchLimit ?? 0);
      const priority = mayBeBatch && random() < 0.8 ? 0 : 50;
      if (random() < 0.3) continue;
      slots.take(run(priority));
      active.push(priority);
    }
    const batch = active.filter((priority) => priority < 50).length;
    expect(slots.requests(turn)[0]?.batchLimit ?? 0).toBe(Math.min(10 - active.length, 8 - batch));
    expect(batch).toBeLessThanOrEqual(8);
    while (active.length > 0 && random() < 0.7) {
      const [priority = 0] = active.splice(Math.floor(random() * active.length), 1);
      slots.release(run(priority));
    }
  }
});

test("each tenth claim of a queue may go to what has waited longest", () => {
  const slots = new Slots([{ ...queue, concurrency: 5 }], 0);
  const agedLimits: (number | undefined)[] = [];
  for (let claim = 0; claim < 25; claim++) {
    const [request] = slots.requests(claim);
    agedLimits.push(request?.agedLimit);
    const one = run(50, (request?.agedLimit ?? 0) > 0);
    slots.take(one);
    slots.release(one);
  }
  const turns = agedLimits.flatMap((limit, claim) => (limit === 1 ? [claim] : []));
  expect(turns).toEqual([9, 19]);
});

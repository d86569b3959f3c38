import { describe, expect, test } from "vitest";
import { adapted, BATCH_MAX_MS, backedOff, batchLimit, type Pace, restMs } from "./pace.ts";

const first: Pace = { batchRows: 100, rowMs: null, slowdown: 1 };
const FAST = 1_000_000;

/** Batches of a database that takes so long for a row, one after another; `waiting` in each of them. */
function after(batches: number, msPerRow: number, pace: Pace = first, waiting = 0): Pace {
  let now = pace;
  for (let batch = 0; batch < batches; batch++) {
    const limit = batchLimit(now, FAST);
    now = adapted(now, { limit, rows: limit, durationMs: limit * msPerRow, waiting });
  }
  return now;
}

describe("the size of batches", () => {
  test.each([0.01, 0.1, 1, 5, 40])("comes to half the time a batch may take, at %d ms a row", (msPerRow) => {
    const { batchRows } = after(40, msPerRow);
    const fits = BATCH_MAX_MS / 2 / msPerRow;
    expect(batchRows).toBeGreaterThan(fits * 0.5);
    expect(batchRows).toBeLessThanOrEqual(Math.max(1, Math.ceil(fits)));
  });

  test("halves at once when a batch took too long, down to one row", () => {
    const large = { ...first, batchRows: 1000 };
    const seen = { limit: 1000, rows: 1000, durationMs: BATCH_MAX_MS + 1, waiting: 0 };
    expect(adapted(large, seen).batchRows).toBe(500);
    expect(after(30, 1000, large).batchRows).toBe(1);
  });

  test("is not judged by a short last batch", () => {
    const pace = { ...first, batchRows: 1000 };
    expect(adapted(pace, { limit: 1000, rows: 3, durationMs: 90, waiting: 0 }).batchRows).toBe(1000);
  });

  test("never exceeds a second's worth of the rate, nor falls below one row", () => {
    expect(batchLimit({ ...first, batchRows: 5000 }, 50)).toBe(50);
    expect(batchLimit({ ...first, batchRows: 5000 }, 0.5)).toBe(1);
  });
});

describe("rests", () => {
  /** Rows per second over a minute of a made clock. */
  function speed(ratePerS: number, msPerRow: number): number {
    let [pace, clockMs, rows] = [first, 0, 0];
    while (clockMs < 60_000) {
      const limit = batchLimit(pace, ratePerS);
      const seen = { limit, rows: limit, durationMs: limit * msPerRow, waiting: 0 };
      pace = adapted(pace, seen);
      rows += limit;
      clockMs += seen.durationMs + restMs(pace, seen, ratePerS);
    }
    return rows / (clockMs / 1000);
  }

  test.each([10, 1_000, 20_000])("keep a rate of %d rows per second exactly where the database is faster", (rate) => {
    expect(speed(rate, 0.01)).toBeGreaterThan(rate * 0.95);
    expect(speed(rate, 0.01)).toBeLessThanOrEqual(rate * 1.01);
  });

  test("are as long as the batch where it is not: half of a connection is the most it takes", () => {
    expect(speed(FAST, 1)).toBeCloseTo(500, -1);
  });

  test("have an end", () => {
    expect(restMs({ ...first, slowdown: 16 }, { rows: 1_000_000, durationMs: 10 }, 1)).toBe(30_000);
  });
});

describe("the slowdown", () => {
  const settled = after(20, 1);

  test("doubles while others wait, up to sixteen times, and goes away gradually", () => {
    expect(after(1, 1, settled, 1).slowdown).toBe(2);
    const slow = after(10, 1, settled, 3);
    expect(slow.slowdown).toBe(16);
    expect(after(1, 1, slow).slowdown).toBeCloseTo(12.8);
    expect(after(15, 1, slow).slowdown).toBe(1);
  });

  test("doubles when a row takes more than twice as long as usual, also when nobody is seen waiting", () => {
    const seen = { limit: 50, rows: 50, durationMs: 110, waiting: 0 };
    expect(adapted(settled, seen).slowdown).toBe(2);
    expect(adapted(settled, { ...seen, durationMs: 90 }).slowdown).toBe(1);
  });

  test("stretches the rests of a rate too", () => {
    const seen = { rows: 100, durationMs: 10 };
    expect(restMs({ ...settled, slowdown: 4 }, seen, 100)).toBe(4 * 1000 - 10);
  });

  test("comes with smaller batches where a batch could not get its locks", () => {
    expect(backedOff({ batchRows: 100, rowMs: 1, slowdown: 1 })).toEqual({ batchRows: 50, rowMs: 1, slowdown: 2 });
    expect(backedOff({ batchRows: 1, rowMs: 1, slowdown: 16 })).toEqual({ batchRows: 1, rowMs: 1, slowdown: 16 });
  });
});

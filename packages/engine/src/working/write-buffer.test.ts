import { expect, test } from "vitest";
import { quietLog, until } from "../testing/index.ts";
import { WriteBuffer } from "./write-buffer.ts";

class SqlError extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

function bufferOver(
  flush: (items: readonly string[]) => Promise<string[]>,
  itemsMax = 10,
): WriteBuffer<string, string> {
  return new WriteBuffer({
    name: "test",
    flushMs: 5,
    itemsMax,
    log: quietLog(),
    flush,
    sizeBytes: (item) => item.length,
  });
}

test("items that come together land together, each with its own result", async () => {
  const batches: number[] = [];
  const buffer = bufferOver(async (items) => {
    batches.push(items.length);
    return items.map((item) => item.toUpperCase());
  });
  expect(await Promise.all(["a", "b", "c"].map((item) => buffer.add(item)))).toEqual(["A", "B", "C"]);
  expect(batches).toEqual([3]);
});

test("a batch is limited in items and in bytes", async () => {
  const batches: number[] = [];
  const buffer = bufferOver(async (items) => {
    batches.push(items.length);
    return [...items];
  }, 4);
  await Promise.all(Array.from({ length: 9 }, (_, n) => buffer.add(String(n))));
  expect(batches.every((size) => size <= 4)).toBe(true);
  batches.length = 0;
  await Promise.all([buffer.add("x".repeat(6_000_000)), buffer.add("y".repeat(6_000_000))]);
  expect(batches).toEqual([1, 1]);
});

test("an item whose data is refused fails alone", async () => {
  const buffer = bufferOver(async (items) => {
    if (items.includes("bad")) throw new SqlError("22P05");
    return [...items];
  });
  const results = await Promise.allSettled(["a", "bad", "b"].map((item) => buffer.add(item)));
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
});

test("a deadlocked flush is tried again without back-pressure", async () => {
  let tries = 0;
  const buffer = bufferOver(async (items) => {
    if (++tries < 3) throw new SqlError("40P01");
    return [...items];
  });
  expect(await buffer.add("a")).toBe("a");
  expect(buffer.counters).toMatchObject({ flushes: 1, failures: 0 });
});

test("while the database is away items are kept, the buffer says so, and they land when it is back", async () => {
  let away = true;
  const buffer = bufferOver(async (items) => {
    if (away) throw new Error("connection refused");
    return [...items];
  });
  const landed = buffer.add("a");
  await until("the buffer is failing", () => buffer.failing);
  away = false;
  expect(await landed).toBe("a");
  expect(buffer.failing).toBe(false);
});

test("giving up rejects what cannot land, so that a stop ends", async () => {
  const buffer = bufferOver(async () => {
    throw new Error("connection refused");
  });
  const landed = buffer.add("a");
  buffer.giveUp();
  await expect(landed).rejects.toThrow("connection refused");
  await buffer.drain();
});

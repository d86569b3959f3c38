import { on } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, expect, test } from "vitest";
import { syntheticBom } from "../bench/synthetic-bom.ts";
import {
  BomError,
  BomReaderBusy,
  BomReaderCrash,
  type BomReaderPool,
  createBomReaderPool,
  readBom,
  readBomInWorker,
} from "../src/index.ts";
import { piecesInFlightMax, type ReaderRequest } from "../src/worker/protocol.ts";
import { threadCpuMs } from "./cpu-time.ts";

const small = readFileSync(join(import.meta.dirname, "../fixtures/full-1.6.cdx.json"));
const validate = { validate: true };
const pools: BomReaderPool[] = [];

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

test("a thread reads what the function reads, and the caller keeps the bytes", async () => {
  expect(await newPool().readBom(small, validate)).toEqual(readBom(small, validate));
  expect(await readBomInWorker(small, validate)).toEqual(readBom(small, validate));
  expect(small.byteLength).toBeGreaterThan(0);
});

test("a refusal arrives as the same BomError", async () => {
  const expected = catchError(() => readBom(Buffer.from('{\n"a":'), validate));
  const actual = await newPool()
    .readBom(Buffer.from('{\n"a":'), validate)
    .catch((error: unknown) => error);
  expect(actual).toBeInstanceOf(BomError);
  const { code, message, place, problems } = expected;
  expect(actual).toMatchObject({ code, message, place, problems });
});

test("validation answers with the format and rejects with the problems", async () => {
  const pool = newPool();
  expect(await pool.validateBom(small)).toEqual({ format: "json", specVersion: "1.6" });
  await expect(pool.validateBom(Buffer.from('{"specVersion":"1.6"}'))).rejects.toMatchObject({ code: "schema" });
});

test("a thread without enough memory rejects, and the next document gets a new one", async () => {
  const pool = newPool({ size: 1, memoryMaxMb: 14 });
  const crash = await pool.readBom(syntheticBom(100_000), { validate: false }).catch((error: unknown) => error);
  expect(crash).toBeInstanceOf(BomReaderCrash);
  expect(crash).toMatchObject({ reason: "out-of-memory" });
  expect((await pool.readBom(small, { validate: false })).components).toHaveLength(6);
});

test("a piece that would not fit into a thread's memory is refused before it is parsed", async () => {
  const pool = newPool({ size: 1, memoryMaxMb: 32 });
  const values = `[${"{},".repeat(1_000_000)}1]`;
  for (const place of [
    `"metadata":{"x":${values}}`,
    `"components":[{"x":${values}}]`,
    `"services":[${values}]`,
    `"x":${values}`,
  ]) {
    const document = Buffer.from(`{"specVersion":"1.6",${place}}`);
    await expect(pool.readBom(document, validate)).rejects.toMatchObject({ code: "too-large" });
  }
});

test("reading that takes too long is ended, and the next document gets a new thread", async () => {
  const pool = newPool({ size: 1 });
  await expect(pool.readBom(syntheticBom(20_000), validate, { timeoutMs: 50 })).rejects.toMatchObject({
    reason: "timeout",
  });
  expect((await pool.readBom(small, validate)).components).toHaveLength(6);
});

test("an abort ends reading with its reason, also while waiting for a thread", async () => {
  const pool = newPool({ size: 1 });
  const abort = new AbortController();
  const reading = pool.readBom(syntheticBom(20_000), validate, { signal: abort.signal });
  const waiting = pool.readBom(small, validate, { signal: abort.signal });
  const others = pool.readBom(small, validate);
  setImmediate(() => abort.abort(new Error("enough")));
  const outcomes = await Promise.allSettled([reading, waiting]);
  expect(outcomes).toMatchObject([{ reason: { message: "enough" } }, { reason: { message: "enough" } }]);
  expect((await others).components).toHaveLength(6);
  await expect(pool.readBom(small, validate, { signal: abort.signal })).rejects.toThrow("enough");
});

test("more waiting documents than allowed are turned away", async () => {
  const pool = newPool({ size: 1, queueMax: 1 });
  const accepted = [pool.readBom(small, validate), pool.readBom(small, validate)];
  await expect(pool.readBom(small, validate)).rejects.toBeInstanceOf(BomReaderBusy);
  expect(await Promise.all(accepted)).toHaveLength(2);
});

test("closing rejects what is under way and what waits", async () => {
  const pool = newPool({ size: 1 });
  const calls = [pool.readBom(syntheticBom(20_000), validate), pool.readBom(small, validate)];
  const outcomes = Promise.allSettled(calls);
  await pool.close();
  expect((await outcomes).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await expect(pool.readBom(small, validate)).rejects.toBeInstanceOf(BomReaderBusy);
});

test("pieces wait for their consumer, and leaving the loop early frees the pool", async () => {
  const pool = newPool({ size: 1 });
  const kinds: string[] = [];
  for await (const piece of pool.readBomPieces(syntheticBom(5_000), { validate: false })) {
    kinds.push(piece.kind);
    if (kinds.length === 8) break;
  }
  expect(kinds).toEqual(["head", ...new Array<string>(7).fill("components")]);
  let components = 0;
  for await (const piece of pool.readBomPieces(syntheticBom(5_000), { validate: false })) {
    await new Promise(setImmediate);
    if (piece.kind === "components") components += piece.components.length;
  }
  expect(components).toBe(5_000);
});

test("a thread whose pieces nobody takes stops after a few of them", async () => {
  const thread = new Worker(new URL("../src/worker/read-bom-worker.ts", import.meta.url));
  try {
    thread.postMessage({
      kind: "read",
      bytes: syntheticBom(5_000),
      options: { validate: false },
    } satisfies ReaderRequest);
    thread.postMessage({ kind: "validate", bytes: small, options: {} } satisfies ReaderRequest);
    const kinds: string[] = [];
    for await (const [answer] of on(thread, "message")) {
      kinds.push(answer.kind);
      if (answer.kind !== "piece") break;
    }
    expect(kinds).toEqual([...new Array<string>(piecesInFlightMax).fill("piece"), "done"]);
  } finally {
    await thread.terminate();
  }
});

test("bytes that may be taken are moved instead of copied", async () => {
  const bytes = syntheticBom(10);
  const taken = new Uint8Array(bytes);
  expect((await newPool().readBom(taken, validate, { takeBytes: true })).components).toHaveLength(10);
  expect(taken.byteLength).toBe(0);
});

test("the event loop goes on while a large document is read", async () => {
  const pool = newPool({ size: 1 });
  const bytes = syntheticBom(20_000);
  let lastMs = threadCpuMs();
  let lagMaxMs = 0;
  const pulse = setInterval(() => {
    lagMaxMs = Math.max(lagMaxMs, threadCpuMs() - lastMs);
    lastMs = threadCpuMs();
  }, 5);
  const bom = await pool.readBom(bytes, validate);
  clearInterval(pulse);
  expect(bom.components).toHaveLength(20_000);
  console.log(`longest work between two turns of the event loop: ${Math.round(lagMaxMs)} ms`);
  expect(lagMaxMs).toBeLessThan(250);
});

function newPool(options: Parameters<typeof createBomReaderPool>[0] = {}): BomReaderPool {
  const pool = createBomReaderPool(options);
  pools.push(pool);
  return pool;
}

function catchError(work: () => unknown): BomError {
  try {
    work();
  } catch (error) {
    if (error instanceof BomError) return error;
  }
  throw new Error("a BomError was expected");
}

/**
 * Reading in threads, so that the event loop never waits for a document: a few threads that are started on demand, kept
 * for a while, and replaced when they die, with a bounded queue in front of them.
 */
import { assembleBom } from "../assemble-bom.ts";
import type { Bom } from "../bom.ts";
import type { BomPiece } from "../cyclonedx/map-pieces.ts";
import type { BomLimits } from "../limits.ts";
import type { BomFormat, ReadBomOptions } from "../read-bom.ts";
import type { ReaderRequest } from "./protocol.ts";
import { ReaderThread, type RequestBounds } from "./reader-thread.ts";

/** Size and bounds of a pool. */
export interface BomReaderPoolOptions {
  /** Most threads at once. */
  size: number;
  /** Most requests that wait for a thread. */
  queueMax: number;
  /** How long an unused thread is kept; a new one costs about 200 ms. */
  idleMs: number;
  /** Heap of one thread; the document's bytes come on top. */
  memoryMaxMb: number;
  /** Longest work on one document, unless a call says otherwise. */
  timeoutMs: number;
}

/** The pool that is made where nothing else is said. */
export const bomReaderPoolDefault: Readonly<BomReaderPoolOptions> = {
  size: 2,
  queueMax: 100,
  idleMs: 30_000,
  memoryMaxMb: 256,
  timeoutMs: 120_000,
};

/** Bounds of one call, where they differ from the pool's. */
export type BomReaderCall = Partial<RequestBounds>;

/** Too many requests wait already; try again later. */
export class BomReaderBusy extends Error {
  override readonly name = "BomReaderBusy";
}

/** Reads documents in threads. Every method rejects with BomError, BomReaderCrash, BomReaderBusy or the abort's reason. */
export interface BomReaderPool {
  /** As `readBom`. */
  readBom(bytes: Uint8Array, options: ReadBomOptions, call?: BomReaderCall): Promise<Bom>;
  /** As `readBomPieces`; the thread stays a few pieces ahead only, and ends when the loop is left early. */
  readBomPieces(bytes: Uint8Array, options: ReadBomOptions, call?: BomReaderCall): AsyncGenerator<BomPiece>;
  /** As `validateBom`. */
  validateBom(bytes: Uint8Array, limits?: Partial<BomLimits>, call?: BomReaderCall): Promise<BomFormat>;
  /** Ends all threads; what is under way rejects. */
  close(): Promise<void>;
}

/** Creates a pool; threads start with the first requests. */
export function createBomReaderPool(options: Partial<BomReaderPoolOptions> = {}): BomReaderPool {
  const allOptions = { ...bomReaderPoolDefault, ...options };
  const threads = new ThreadQueue(allOptions);

  async function* run(request: ReaderRequest, call: BomReaderCall): AsyncGenerator<BomPiece, BomFormat | undefined> {
    const thread = await threads.acquire(call.signal);
    try {
      return yield* thread.run(request, { timeoutMs: allOptions.timeoutMs, ...call });
    } finally {
      threads.release(thread);
    }
  }

  async function* readBomPieces(bytes: Uint8Array, read: ReadBomOptions, call: BomReaderCall = {}) {
    yield* run({ kind: "read", bytes, options: read }, call);
  }

  async function readBom(bytes: Uint8Array, read: ReadBomOptions, call: BomReaderCall = {}): Promise<Bom> {
    const pieces: BomPiece[] = [];
    for await (const piece of readBomPieces(bytes, read, call)) pieces.push(piece);
    return assembleBom(pieces);
  }

  async function validateBom(bytes: Uint8Array, limits: Partial<BomLimits> = {}, call: BomReaderCall = {}) {
    const { value } = await run({ kind: "validate", bytes, options: { limits } }, call).next();
    if (value === undefined || !("format" in value))
      throw new TypeError("a validation yields a format and nothing else");
    return value;
  }

  return { readBom, readBomPieces, validateBom, close: () => threads.close() };
}

/** Reads one document in a thread of its own. For more than one, use a pool. */
export async function readBomInWorker(
  bytes: Uint8Array,
  options: ReadBomOptions,
  bounds: BomReaderCall & { memoryMaxMb?: number } = {},
): Promise<Bom> {
  const { memoryMaxMb = bomReaderPoolDefault.memoryMaxMb, ...call } = bounds;
  const pool = createBomReaderPool({ size: 1, memoryMaxMb });
  try {
    return await pool.readBom(bytes, options, call);
  } finally {
    await pool.close();
  }
}

interface Waiter {
  resolve: (thread: ReaderThread) => void;
  reject: (reason: unknown) => void;
}

/** Hands threads out, first come first served. */
class ThreadQueue {
  private readonly options: BomReaderPoolOptions;
  private readonly busy = new Set<ReaderThread>();
  private readonly idle = new Map<ReaderThread, NodeJS.Timeout>();
  private readonly waiters = new Set<Waiter>();
  private isClosed = false;

  constructor(options: BomReaderPoolOptions) {
    this.options = options;
  }

  async acquire(signal: AbortSignal | undefined): Promise<ReaderThread> {
    signal?.throwIfAborted();
    const thread = this.take();
    if (thread !== undefined) return thread;
    if (this.isClosed) throw new BomReaderBusy("the pool of reading threads is closed");
    if (this.waiters.size >= this.options.queueMax) {
      throw new BomReaderBusy(`${this.options.queueMax} documents wait to be read already`);
    }
    return await this.wait(signal);
  }

  release(thread: ReaderThread): void {
    this.busy.delete(thread);
    if (thread.isAlive && !this.isClosed) {
      const expiry = setTimeout(() => this.retire(thread), this.options.idleMs).unref();
      this.idle.set(thread, expiry);
    }
    const [waiter] = this.waiters;
    const next = waiter && this.take();
    if (waiter === undefined || next === undefined) return;
    this.waiters.delete(waiter);
    waiter.resolve(next);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const waiter of this.waiters) waiter.reject(new BomReaderBusy("the pool of reading threads is closed"));
    this.waiters.clear();
    const threads = [...this.busy, ...this.idle.keys()];
    for (const expiry of this.idle.values()) clearTimeout(expiry);
    this.idle.clear();
    await Promise.all(threads.map((thread) => thread.terminate()));
  }

  private take(): ReaderThread | undefined {
    if (this.isClosed) return undefined;
    for (const [thread, expiry] of this.idle) {
      clearTimeout(expiry);
      this.idle.delete(thread);
      if (!thread.isAlive) continue;
      this.busy.add(thread);
      return thread;
    }
    if (this.busy.size >= this.options.size) return undefined;
    const fresh = new ReaderThread(this.options.memoryMaxMb);
    this.busy.add(fresh);
    return fresh;
  }

  private async wait(signal: AbortSignal | undefined): Promise<ReaderThread> {
    const { promise, resolve, reject } = Promise.withResolvers<ReaderThread>();
    const waiter: Waiter = { resolve, reject };
    const onAbort = (): void => {
      if (this.waiters.delete(waiter)) reject(signal?.reason);
    };
    this.waiters.add(waiter);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      return await promise;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  private retire(thread: ReaderThread): void {
    this.idle.delete(thread);
    void thread.terminate();
  }
}

/**
 * Writes of many runs land in one statement: items wait at most `flushMs`, or until `itemsMax` are there, or until the flush
 * before them is done. An item whose data is refused fails alone. While the database cannot be reached the batch is kept and
 * tried again; `failing` then tells the worker to claim nothing more.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { EngineLog } from "../authoring/log.ts";
import { BATCH_BOUNDS, Histogram, type HistogramSnapshot } from "../measuring/histogram.ts";
import { isConflict, isDataFault } from "../store/conflicts.ts";

const BATCH_SIZE_MAX_BYTES = 8 * 1_048_576;
const RETRY_FIRST_MS = 20;
const RETRY_MAX_MS = 2000;
/** After this long without a database a batch is given up; its runs are taken over when their leases end. */
const GIVE_UP_MS = 600_000;

/** How one buffer flushes. */
export interface WriteBufferOptions<Item, Result> {
  readonly name: string;
  readonly flushMs: number;
  readonly itemsMax: number;
  readonly log: EngineLog;
  flush(items: readonly Item[]): Promise<readonly Result[]>;
  sizeBytes(item: Item): number;
}

/** What a buffer has written since the process began. */
export interface BufferSnapshot {
  readonly flushes: number;
  readonly items: number;
  readonly failures: number;
  /** Milliseconds of a successful flush. */
  readonly flushLatency: HistogramSnapshot;
  /** Items of a successful flush. */
  readonly flushBatchSize: HistogramSnapshot;
  /** Milliseconds an item waited before its flush began. */
  readonly itemWaitLatency: HistogramSnapshot;
}

interface Entry<Item, Result> {
  readonly item: Item;
  readonly addedAtMs: number;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/** Collects items and flushes them together; each caller gets its own result. */
export class WriteBuffer<Item, Result> {
  readonly counters = { flushes: 0, items: 0, failures: 0 };
  readonly #flushLatency = new Histogram();
  readonly #flushBatchSize = new Histogram(BATCH_BOUNDS);
  readonly #itemWaitLatency = new Histogram();
  readonly #options: WriteBufferOptions<Item, Result>;
  #entries: Entry<Item, Result>[] = [];
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  #failing = false;
  #givenUp = false;

  constructor(options: WriteBufferOptions<Item, Result>) {
    this.#options = options;
  }

  /** The last flush failed and none has succeeded since. */
  get failing(): boolean {
    return this.#failing;
  }

  snapshot(): BufferSnapshot {
    return {
      ...this.counters,
      flushLatency: this.#flushLatency.snapshot(),
      flushBatchSize: this.#flushBatchSize.snapshot(),
      itemWaitLatency: this.#itemWaitLatency.snapshot(),
    };
  }

  /** Resolves once the item has landed. */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#entries.push({ item, addedAtMs: performance.now(), resolve, reject });
      if (this.#entries.length >= this.#options.itemsMax) this.#begin();
      else this.#timer ??= setTimeout(() => this.#begin(), this.#options.flushMs);
    });
  }

  /** Flushes what is there. */
  async drain(): Promise<void> {
    while (this.#entries.length > 0 || this.#flushing) {
      this.#begin();
      await this.#flushing;
    }
  }

  /** Stops trying again; waiting items fail. */
  giveUp(): void {
    this.#givenUp = true;
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#flushing || this.#entries.length === 0) return;
    this.#flushing = this.#flushBatch(this.#takeBatch()).finally(() => {
      this.#flushing = undefined;
      if (this.#entries.length >= this.#options.itemsMax) this.#begin();
      else if (this.#entries.length > 0) this.#timer ??= setTimeout(() => this.#begin(), this.#options.flushMs);
    });
  }

  #takeBatch(): Entry<Item, Result>[] {
    let count = 0;
    let sizeBytes = 0;
    for (const entry of this.#entries) {
      sizeBytes += this.#options.sizeBytes(entry.item);
      if (count > 0 && (count >= this.#options.itemsMax || sizeBytes > BATCH_SIZE_MAX_BYTES)) break;
      count++;
    }
    return this.#entries.splice(0, count);
  }

  async #flushBatch(entries: Entry<Item, Result>[]): Promise<void> {
    const startedMs = performance.now();
    for (let attempt = 1; ; attempt++) {
      try {
        const sentAtMs = performance.now();
        const results = await this.#options.flush(entries.map((entry) => entry.item));
        this.#failing = false;
        this.#count(entries, sentAtMs);
        entries.forEach((entry, index) => {
          entry.resolve(results[index] as Result);
        });
        return;
      } catch (error) {
        if (isDataFault(error)) return this.#isolate(entries, error);
        if (!isConflict(error)) this.#noteFailure(error, entries.length);
        if (this.#givenUp || performance.now() - startedMs > GIVE_UP_MS) {
          for (const entry of entries) entry.reject(error);
          return;
        }
        await delay(Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** (attempt - 1)) * (0.7 + Math.random() * 0.6));
      }
    }
  }

  #count(entries: readonly Entry<Item, Result>[], sentAtMs: number): void {
    this.counters.flushes++;
    this.counters.items += entries.length;
    this.#flushLatency.observe(performance.now() - sentAtMs);
    this.#flushBatchSize.observe(entries.length);
    for (const entry of entries) this.#itemWaitLatency.observe(sentAtMs - entry.addedAtMs);
  }

  /** Some item's data was refused: alone, the others land and the culprit learns why. */
  async #isolate(entries: Entry<Item, Result>[], error: unknown): Promise<void> {
    if (entries.length === 1) {
      entries[0]?.reject(error);
      return;
    }
    for (const entry of entries) await this.#flushBatch([entry]);
  }

  #noteFailure(error: unknown, items: number): void {
    this.counters.failures++;
    if (!this.#failing)
      this.#options.log.warn({ err: error, buffer: this.#options.name, items }, "writing runs failed; trying again");
    this.#failing = true;
  }
}

import { Worker } from "node:worker_threads";
import { BomError } from "../bom-error.ts";
import type { BomPiece } from "../cyclonedx/map-pieces.ts";
import { limitsWithin } from "../limits.ts";
import type { BomFormat } from "../read-bom.ts";
import type { ReaderAck, ReaderAnswer, ReaderRequest } from "./protocol.ts";

/** Why a reading thread did not answer. */
export type BomReaderCrashReason = "out-of-memory" | "timeout" | "died" | "fault";

/** The thread that read the document is gone; the document may be at fault (memory, time), or this program. */
export class BomReaderCrash extends Error {
  override readonly name = "BomReaderCrash";
  readonly reason: BomReaderCrashReason;

  constructor(reason: BomReaderCrashReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Bounds of one request. */
export interface RequestBounds {
  /** How long the thread may work, not counting what the consumer of the pieces takes. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  /** Lets the bytes move to the thread instead of being copied; the caller's array is empty afterwards. */
  takeBytes?: boolean | undefined;
}

/**
 * A thread that read a larger document than this ends with it: only then the memory goes back to the system, and a new thread
 * costs far less than such a document did.
 */
const largeDocumentBytes = 16 * 1024 * 1024;
/** Heap for what is short-lived, as nearly everything here is; more of it would stay with the thread and buy little. */
const youngGenerationMaxMb = 24;

/** One thread that reads one document at a time. It is dead for good after a large document, an abort, a timeout or a crash. */
export class ReaderThread {
  private readonly worker: Worker;
  private readonly memoryMaxMb: number;
  private readonly answers: ReaderAnswer[] = [];
  private death: Error | undefined;
  private wake: () => void = () => {};

  constructor(memoryMaxMb: number) {
    this.memoryMaxMb = memoryMaxMb;
    this.worker = new Worker(new URL("./read-bom-worker.ts", import.meta.url), {
      name: "bom-reader",
      env: {}, // a document's reader needs no secrets
      resourceLimits: { maxOldGenerationSizeMb: memoryMaxMb, maxYoungGenerationSizeMb: youngGenerationMaxMb },
    });
    this.worker.on("message", (answer: ReaderAnswer) => {
      this.answers.push(answer);
      this.wake();
    });
    this.worker.on("error", (error: Error & { code?: string }) => this.die(crashOf(error, memoryMaxMb)));
    this.worker.on("exit", (code) =>
      this.die(new BomReaderCrash("died", `the reading thread ended with code ${code}`)),
    );
    this.worker.unref();
  }

  /** False once it cannot be used again. */
  get isAlive(): boolean {
    return this.death === undefined;
  }

  /** Yields the pieces of a document and returns its format, if that was asked for. Rejects with BomError or BomReaderCrash. */
  async *run(request: ReaderRequest, bounds: RequestBounds): AsyncGenerator<BomPiece, BomFormat | undefined> {
    bounds.signal?.throwIfAborted();
    const bytes = ownBytes(request.bytes, bounds.takeBytes === true);
    const isLarge = bytes.byteLength > largeDocumentBytes;
    let isDone = false;
    let remainingMs = bounds.timeoutMs;
    this.worker.ref();
    try {
      this.worker.postMessage(this.bounded(request, bytes), [bytes.buffer]);
      for (;;) {
        const startedMs = performance.now();
        const answer = await this.nextAnswer(remainingMs, bounds.signal);
        remainingMs -= performance.now() - startedMs;
        isDone = answer.kind !== "piece";
        if (answer.kind === "done") return answer.format;
        if (answer.kind === "refused") {
          const { code, summary, problems, place } = answer.refusal;
          throw new BomError(code, summary, { problems, place });
        }
        if (answer.kind === "failed") throw new BomReaderCrash("fault", answer.message);
        yield answer.piece;
        this.worker.postMessage({ kind: "ack" } satisfies ReaderAck);
      }
    } finally {
      if (isDone && !isLarge) this.worker.unref();
      else await this.terminate();
    }
  }

  /** Ends the thread, in the middle of its work if need be. */
  async terminate(): Promise<void> {
    this.die(new BomReaderCrash("died", "the reading thread was ended"));
    await this.worker.terminate();
  }

  /** V8 aborts the whole process where a thread's memory ends inside one large JSON.parse, so pieces must fit. */
  private bounded(request: ReaderRequest, bytes: Uint8Array): ReaderRequest {
    const limits = limitsWithin(this.memoryMaxMb, request.options.limits);
    if (request.kind === "validate") return { kind: "validate", bytes, options: { limits } };
    return { kind: "read", bytes, options: { ...request.options, limits } };
  }

  private async nextAnswer(timeoutMs: number, signal: AbortSignal | undefined): Promise<ReaderAnswer> {
    const expiry = setTimeout(
      () => {
        this.die(new BomReaderCrash("timeout", "reading the document took too long"));
      },
      Math.max(0, timeoutMs),
    );
    const onAbort = (): void => this.die(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      for (;;) {
        signal?.throwIfAborted();
        const answer = this.answers.shift();
        if (answer !== undefined) return answer;
        if (this.death !== undefined) throw this.death;
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    } finally {
      clearTimeout(expiry);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  private die(reason: Error): void {
    this.death ??= reason;
    this.wake();
  }
}

/** Bytes in a buffer of their own, which can move to the thread. */
function ownBytes(bytes: Uint8Array, mayTake: boolean): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength;
  return mayTake && isWhole ? new Uint8Array(buffer) : Uint8Array.from(bytes);
}

function crashOf(error: Error & { code?: string }, memoryMaxMb: number): BomReaderCrash {
  if (error.code === "ERR_WORKER_OUT_OF_MEMORY") {
    return new BomReaderCrash("out-of-memory", `reading the document took more than ${memoryMaxMb} MB`);
  }
  return new BomReaderCrash("died", `the reading thread broke down: ${error.message}`, { cause: error });
}

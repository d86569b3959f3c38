/**
 * Answers too large for memory: read in batches from one view of the database and written as fast as the client takes
 * them. What fails before the first piece is answered as any error; what fails later cuts the connection, so that nobody
 * takes half a document for a whole one.
 */
import { PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { FastifyReply } from "fastify";
import type { Database, Db } from "../db/index.ts";
import type { Log } from "../log/log.ts";
import { AppError } from "./problem.ts";

/** Each holds a connection of the pool as long as its client reads. */
const STREAMS_MAX = 4;
/** A slow client must not keep a view of the database for ever: old rows cannot be cleaned away behind it. */
const STREAM_TIME_MAX_MS = 300_000;
const RETRY_AFTER_SECONDS = 5;
const BUFFERED_MAX_BYTES = 256 * 1024;

/** The long answers of this instance that are under way. */
export class SnapshotStreams {
  readonly #database: Pick<Database, "snapshot">;
  readonly #log: Log;
  readonly #limits: { streamsMax: number; timeMaxMs: number };
  #running = 0;

  constructor(
    database: Pick<Database, "snapshot">,
    log: Log,
    limits = { streamsMax: STREAMS_MAX, timeMaxMs: STREAM_TIME_MAX_MS },
  ) {
    this.#database = database;
    this.#log = log;
    this.#limits = limits;
  }

  /** The text that `produce` reads from one view of the database, once its first piece is there. */
  async open(produce: (db: Db) => AsyncIterable<string>): Promise<Readable> {
    if (this.#running >= this.#limits.streamsMax) throw tooMany();
    this.#running += 1;
    const answer = new PassThrough({ highWaterMark: BUFFERED_MAX_BYTES });
    const begun = Promise.withResolvers<void>();
    // Whoever sends the answer listens as well, but not yet.
    answer.on("error", () => undefined);
    const limit = AbortSignal.timeout(this.#limits.timeMaxMs);
    this.#database
      .snapshot((db) => pipeline(told(produce(db), begun.resolve), answer, { signal: limit }))
      .catch((error: Error) => {
        this.#log.warn({ err: error }, "an answer was not written to its end");
        begun.reject(error);
        answer.destroy(error);
      })
      .finally(() => {
        this.#running -= 1;
      });
    await begun.promise;
    return answer;
  }
}

async function* told(pieces: AsyncIterable<string>, begun: () => void): AsyncGenerator<string> {
  for await (const piece of pieces) {
    begun();
    yield piece;
  }
  begun();
}

const tooMany = () =>
  new AppError("temporarily-unavailable", "Too many exports are under way on this instance; try again shortly.", {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });

/** Has the client save the answer under this name instead of showing it. */
export function attachment(reply: FastifyReply, filename: string): void {
  reply.header("Content-Disposition", `attachment; filename="${filename}"`);
}

import type { Database } from "../../platform/db/index.ts";
import type { Log } from "../../platform/log/log.ts";
import { touchKeys } from "./store/principals.ts";

const FLUSH_INTERVAL_MS = 10_000;
const KEYS_MAX = 10_000;

/** Collects when keys were used and writes it in batches; losing a batch in a crash loses only a "last used". */
export class KeyUsage {
  readonly #database: Database;
  readonly #log: Log;
  #uses = new Map<number, Date>();
  #timer: NodeJS.Timeout | undefined;

  constructor(database: Database, log: Log) {
    this.#database = database;
    this.#log = log;
  }

  start(): void {
    this.#timer = setInterval(() => void this.flush(), FLUSH_INTERVAL_MS);
    this.#timer.unref();
  }

  note(keyId: number): void {
    if (this.#uses.size < KEYS_MAX || this.#uses.has(keyId)) this.#uses.set(keyId, new Date());
  }

  async flush(): Promise<void> {
    const uses = [...this.#uses].map(([id, usedAt]) => ({ id, usedAt }));
    this.#uses = new Map();
    if (uses.length === 0) return;
    await this.#database
      .transaction((tx) => touchKeys(tx, uses))
      .catch((error: unknown) => this.#log.warn({ err: error }, "when API keys were last used could not be written"));
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }
}

import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";

const PAUSE_MS = 5;
/** Between the end of the work and the last look, so that whoever still waits is counted. */
const SETTLE_MS = 200;

/** Two readers and a writer of single rows, one query after the other, each on a connection of its own. */
export class WaitingLoad {
  readonly #url: string;
  readonly #rows: number;
  readonly #clients: Promise<void>[] = [];
  readonly #startedMs = new Map<number, number>();
  #longestMs = 0;
  #ended = false;

  constructor(url: string, rows: number) {
    this.#url = url;
    this.#rows = rows;
  }

  async start(): Promise<void> {
    const statements = [
      "select name from things where id = $1",
      "select name from things where id = $1",
      "update things set size = size + 1 where id = $1",
    ];
    for (const [number, statement] of statements.entries()) {
      const client = new pg.Client({ connectionString: this.#url });
      await client.connect();
      this.#clients.push(this.#repeat(client, number, statement));
    }
  }

  /** The longest time, in whole ms, that a query took which ran at some time during the work. */
  async longestDuring(work: () => Promise<unknown>): Promise<number> {
    this.#longestMs = 0;
    await work();
    await delay(SETTLE_MS);
    for (const startedMs of this.#startedMs.values()) this.#count(startedMs);
    return Math.round(this.#longestMs);
  }

  async end(): Promise<void> {
    this.#ended = true;
    await Promise.all(this.#clients);
  }

  async #repeat(client: pg.Client, number: number, statement: string): Promise<void> {
    while (!this.#ended) {
      const startedMs = performance.now();
      this.#startedMs.set(number, startedMs);
      await client.query(statement, [Math.ceil(Math.random() * this.#rows)]);
      this.#startedMs.delete(number);
      this.#count(startedMs);
      await delay(PAUSE_MS);
    }
    await client.end();
  }

  #count(startedMs: number): void {
    this.#longestMs = Math.max(this.#longestMs, performance.now() - startedMs);
  }
}

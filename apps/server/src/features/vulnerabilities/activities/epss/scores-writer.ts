import { createHash } from "node:crypto";
import type { ActivityContext } from "@evertrack/engine/authoring";
import type { Tx } from "../../../../platform/db/index.ts";
import type { EpssRow } from "../../rules/epss-lines.ts";
import { countEpssScores, removeOtherEpssScores, writeEpssScores } from "../../store/epss.ts";

const ROWS_PER_TRANSACTION = 10_000;
const ROWS_MAX = 5_000_000;
const LEFT_OUT_NAMED_MAX = 20;
const LEFT_OUT_LOGGED_MAX = 100;
/** A table that is suddenly shorter than this part of what is stored removes nothing. */
const REMAINING_MIN = 0.5;

/** What became of the scores; each counts once. */
export interface EpssCounts {
  new: number;
  updated: number;
  unchanged: number;
  removed: number;
  unreadable: number;
  /** The first of the lines that were left out, and why. */
  leftOut: string[];
}

/** Collects scores into batches and stores what differs; a batch is named after its content, so a repeated attempt stores none twice. */
export class ScoresWriter {
  readonly #ctx: ActivityContext<Tx>;
  readonly #counts: EpssCounts = { new: 0, updated: 0, unchanged: 0, removed: 0, unreadable: 0, leftOut: [] };
  readonly #seen: string[] = [];
  #batch = new Map<string, EpssRow>();

  constructor(ctx: ActivityContext<Tx>) {
    this.#ctx = ctx;
  }

  get counts(): EpssCounts {
    return this.#counts;
  }

  /** False when there are too many. */
  async add(row: EpssRow): Promise<boolean> {
    // Not the piece of the file it was cut from, which would be kept in memory as a whole.
    const cve = Buffer.from(row.cve, "latin1").toString("latin1");
    if (!this.#batch.has(cve)) this.#seen.push(cve);
    this.#batch.set(cve, { ...row, cve });
    if (this.#batch.size >= ROWS_PER_TRANSACTION) await this.#flush();
    return this.#seen.length <= ROWS_MAX;
  }

  skip(reason: string): void {
    this.#counts.unreadable++;
    if (this.#counts.leftOut.length < LEFT_OUT_NAMED_MAX) this.#counts.leftOut.push(reason);
    if (this.#counts.unreadable <= LEFT_OUT_LOGGED_MAX) this.#ctx.log.warn({ reason }, "line left out");
  }

  /** Stores what is left; then `remember` in the transaction that removes what a whole table does not have any more. */
  async finish(remember: (tx: Tx) => Promise<void>): Promise<void> {
    await this.#flush();
    this.#counts.removed = await this.#ctx.tx("finish", async (tx) => {
      await remember(tx);
      const isTrusted = this.#counts.unreadable === 0 && this.#seen.length > 0;
      const storedBefore = (await countEpssScores(tx)) - this.#counts.new;
      if (!isTrusted || this.#seen.length < storedBefore * REMAINING_MIN) return 0;
      return removeOtherEpssScores(tx, this.#seen);
    });
  }

  async #flush(): Promise<void> {
    const rows = [...this.#batch.values()];
    this.#batch = new Map();
    if (rows.length === 0) return;
    const changes = await this.#ctx.tx(`store:${nameOf(rows)}`, (tx) => writeEpssScores(tx, rows));
    this.#counts.new += changes.new;
    this.#counts.updated += changes.updated;
    this.#counts.unchanged += rows.length - changes.new - changes.updated;
  }
}

function nameOf(rows: readonly EpssRow[]): string {
  const hash = createHash("sha256");
  for (const { cve, score, percentile } of rows) hash.update(`${cve},${score},${percentile}\n`);
  return hash.digest("hex").slice(0, 32);
}

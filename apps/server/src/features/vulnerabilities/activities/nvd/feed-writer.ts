import { createHash } from "node:crypto";
import type { ActivityContext } from "@evertrack/engine/authoring";
import { AdvisoryError, readNvdRecord } from "@evertrack/matching";
import type { Db, Tx } from "../../../../platform/db/index.ts";
import type { BatchReport } from "../../commands/store-advisories.ts";
import { storeNvdRecords } from "../../commands/store-nvd-records.ts";
import { type MirrorProgress, readProgress, writeProgress } from "../../mirror-state.ts";
import { NVD, NVD_READING, NVD_RECORDS } from "../../nvd-state.ts";
import { isNewer, type RawRecord } from "../../rules/nvd-feed.ts";
import type { ReadNvdRecord } from "../../rules/nvd-rows.ts";
import { readSomeAdvisoryRecords } from "../../store/advisory-records.ts";
import { isDataRefused } from "../../store/refusals.ts";

const RECORDS_PER_TRANSACTION = 200;
const BATCH_SIZE_MAX_BYTES = 4 * 1024 ** 2;
const LEFT_OUT_NAMED_MAX = 20;
const LEFT_OUT_LOGGED_MAX = 100;

/** Collects records of one feed into batches, stores what differs, and counts what became of them. */
export class FeedWriter {
  readonly #ctx: ActivityContext<Tx>;
  readonly #db: Db;
  readonly #feed: string;
  readonly #counts: { new: number; updated: number; withdrawn: number };
  readonly #leftOut: string[] = [];
  #unreadable = 0;
  #seen = 0;
  #batch = new Map<string, ReadNvdRecord>();
  #batchSizeBytes = 0;
  #storing: Promise<void> = Promise.resolve();

  /** An attempt after a crash counts on from what the earlier ones have stored. */
  static async open(ctx: ActivityContext<Tx>, db: Db, feed: string): Promise<FeedWriter> {
    const before = await readProgress(db, NVD);
    const continues = before?.runId === ctx.rootRunId && before.ecosystem === feed;
    return new FeedWriter(ctx, db, feed, continues ? before : undefined);
  }

  private constructor(ctx: ActivityContext<Tx>, db: Db, feed: string, before: MirrorProgress | undefined) {
    this.#ctx = ctx;
    this.#db = db;
    this.#feed = feed;
    this.#counts = { ...(before?.counts ?? { new: 0, updated: 0, withdrawn: 0 }) };
  }

  /** Records of the feed so far, whatever became of them. */
  get seen(): number {
    return this.#seen;
  }

  get report() {
    const { new: added, updated, withdrawn } = this.#counts;
    const unchanged = Math.max(this.#seen - added - updated - withdrawn - this.#unreadable, 0);
    return { new: added, updated, unchanged, withdrawn, unreadable: this.#unreadable, leftOut: this.#leftOut };
  }

  async add(raw: RawRecord): Promise<void> {
    this.#seen++;
    const read = this.#read(raw);
    if (read === undefined) return;
    const twin = this.#batch.get(read.record.id);
    if (twin === undefined || isNewer(read.record.modified, twin.record.modified))
      this.#batch.set(read.record.id, read);
    this.#batchSizeBytes += "bytes" in raw ? raw.bytes.length : 0;
    if (this.#batch.size >= RECORDS_PER_TRANSACTION || this.#batchSizeBytes >= BATCH_SIZE_MAX_BYTES)
      await this.#flush();
  }

  /** Stores what is left. */
  async finish(): Promise<void> {
    await this.#flush();
    await this.#storing;
  }

  /** Nothing is being stored any more, whether that succeeded or not. */
  async settled(): Promise<void> {
    await this.#storing.catch(() => undefined);
  }

  #read(raw: RawRecord): ReadNvdRecord | undefined {
    if ("fault" in raw) return this.#skip(`record ${this.#seen}`, raw.fault);
    try {
      const record = readNvdRecord(parse(raw.bytes));
      if (record.unreadableCriteria > 0)
        this.#ctx.log.warn({ cve: record.id, criteria: record.unreadableCriteria }, "criteria left out");
      const digest = createHash("sha256").update(NVD_READING).update(raw.bytes).digest("hex");
      return { record, digest };
    } catch (error) {
      if (!(error instanceof AdvisoryError)) throw error;
      const id = /"id"\s*:\s*"(CVE-\d{4}-\d{4,19})"/.exec(raw.bytes.toString("utf8"))?.[1];
      return this.#skip(id ?? `record ${this.#seen}`, error.message);
    }
  }

  #skip(name: string, reason: string): undefined {
    this.#unreadable++;
    if (this.#leftOut.length < LEFT_OUT_NAMED_MAX) this.#leftOut.push(`${name}: ${reason}`);
    if (this.#unreadable <= LEFT_OUT_LOGGED_MAX)
      this.#ctx.log.warn({ feed: this.#feed, record: name, reason }, "record left out");
    return undefined;
  }

  /** Waits for the batch before, so that one is stored while the next is read; its failure comes out here. */
  async #flush(): Promise<void> {
    const batch = [...this.#batch.values()];
    this.#batch = new Map();
    this.#batchSizeBytes = 0;
    await this.#storing;
    if (batch.length > 0) this.#storing = this.#storeChanged(batch);
    this.#storing.catch(() => undefined);
  }

  /** Feeds overlap and come in any order: what is as new as what was taken, or older, stays out. */
  async #storeChanged(batch: readonly ReadNvdRecord[]): Promise<void> {
    const ids = batch.map(({ record }) => record.id);
    const known = await readSomeAdvisoryRecords(this.#db, NVD, NVD_RECORDS, ids);
    const wanted = batch.filter(({ record, digest }) => {
      const taken = known.get(record.id);
      return taken === undefined || (taken.digest !== digest && !isNewer(taken.modified, record.modified));
    });
    if (wanted.length > 0) await this.#store(wanted);
  }

  /** A batch the database refuses is stored one by one, so that one bad record does not keep the others out. */
  async #store(batch: readonly ReadNvdRecord[]): Promise<void> {
    try {
      const report = await this.#storeTogether(batch);
      for (const kind of ["new", "updated", "withdrawn"] as const) this.#counts[kind] += report[kind];
    } catch (error) {
      if (!isDataRefused(error)) throw error;
      const [first] = batch;
      if (batch.length > 1) for (const one of batch) await this.#store([one]);
      else if (first !== undefined) this.#skip(first.record.id, `the database refuses it: ${error.message}`);
    }
  }

  #storeTogether(batch: readonly ReadNvdRecord[]): Promise<BatchReport> {
    const step = `store:${nameOf(batch)}`;
    const eventId = this.#ctx.idFor(step);
    return this.#ctx.tx(step, async (tx) => {
      const report = await storeNvdRecords(tx, eventId, batch);
      await writeProgress(tx, NVD, this.#progress(report));
      return report;
    });
  }

  #progress(report: BatchReport): MirrorProgress {
    const { new: added, updated, withdrawn } = this.#counts;
    return {
      runId: this.#ctx.rootRunId,
      ecosystem: this.#feed,
      done: this.#seen,
      total: this.#seen,
      counts: { new: added + report.new, updated: updated + report.updated, withdrawn: withdrawn + report.withdrawn },
    };
  }
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw new AdvisoryError("record", `is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Derived from ids and contents: the same batch has the same name in every attempt, another one never. */
function nameOf(batch: readonly ReadNvdRecord[]): string {
  const hash = createHash("sha256");
  for (const { record, digest } of batch) hash.update(`${record.id} ${digest}\n`);
  return hash.digest("hex").slice(0, 32);
}

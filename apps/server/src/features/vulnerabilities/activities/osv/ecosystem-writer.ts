import { createHash } from "node:crypto";
import type { ActivityContext } from "@evertrack/engine/authoring";
import { AdvisoryError, type OsvAdvisory } from "@evertrack/matching";
import type { Db, Tx } from "../../../../platform/db/index.ts";
import { type BatchReport, storeAdvisories } from "../../commands/store-advisories.ts";
import {
  type MirrorProgress,
  type MirrorRecords,
  readProgress,
  writeProgress,
  writeReading,
} from "../../mirror-state.ts";
import type { OsvConfig } from "../../osv-extension.ts";
import type { ReadAdvisory } from "../../rules/advisory-rows.ts";
import { canonicalTime, isUndated, type KnownRecord } from "../../rules/osv-listing.ts";
import { isDataRefused } from "../../store/refusals.ts";
import type { AdvisoryFile } from "./advisory-files.ts";
import { readAdvisoryFile } from "./read-file.ts";

const ADVISORIES_PER_TRANSACTION = 100;
const BATCH_SIZE_MAX_BYTES = 4 * 1024 ** 2;
const UNREADABLE_LOGGED_MAX = 100;

interface Ecosystem extends MirrorRecords {
  name: string;
  ecosystem: string;
  config: OsvConfig;
  ownedSources: readonly string[];
}

/** Collects advisories of one ecosystem into batches, stores them, and counts what became of them. */
export class EcosystemWriter {
  readonly #ctx: ActivityContext<Tx>;
  readonly #origin: Ecosystem;
  readonly #counts: { new: number; updated: number; withdrawn: number };
  #done: number;
  #total: number;
  #unreadable = 0;
  #listed = 0;
  #batch: ReadAdvisory[] = [];
  #batchSizeBytes = 0;
  #storing: Promise<void> = Promise.resolve();

  /** An attempt after a crash counts on from what the earlier ones have stored. */
  static async open(ctx: ActivityContext<Tx>, db: Db, origin: Ecosystem): Promise<EcosystemWriter> {
    const before = await readProgress(db, origin.name);
    const continues = before?.runId === ctx.rootRunId && before.ecosystem === origin.ecosystem;
    return new EcosystemWriter(ctx, origin, continues ? before : undefined);
  }

  private constructor(ctx: ActivityContext<Tx>, origin: Ecosystem, before: MirrorProgress | undefined) {
    this.#ctx = ctx;
    this.#origin = origin;
    this.#counts = before?.counts ?? { new: 0, updated: 0, withdrawn: 0 };
    this.#done = before?.done ?? 0;
    this.#total = this.#done;
  }

  /** So many advisories are about to come. */
  expect(count: number): void {
    this.#total = this.#done + count;
  }

  get report() {
    const { new: added, updated, withdrawn } = this.#counts;
    const unchanged = Math.max(this.#listed - added - updated - withdrawn - this.#unreadable, 0);
    return { new: added, updated, unchanged, withdrawn, unreadable: this.#unreadable };
  }

  async add(file: AdvisoryFile): Promise<void> {
    const read = this.#read(file);
    if (read === undefined) {
      this.#done++;
      return;
    }
    this.#batch.push(read);
    this.#batchSizeBytes += "bytes" in file ? file.bytes.length : 0;
    if (this.#batch.length >= ADVISORIES_PER_TRANSACTION || this.#batchSizeBytes >= BATCH_SIZE_MAX_BYTES)
      await this.#flush();
  }

  /** Nothing is being stored any more, whether that succeeded or not. */
  async settled(): Promise<void> {
    await this.#storing.catch(() => undefined);
  }

  /** Stores what is left and notes that the ecosystem, which lists so many advisories, was read to its end. */
  async finish(listed: number): Promise<void> {
    await this.#flush();
    await this.#storing;
    this.#listed = listed;
    this.#total = this.#done;
    const { name, ecosystem, reading } = this.#origin;
    await this.#ctx.tx(`read:${reading}`, async (tx) => {
      await writeReading(tx, name, ecosystem, reading);
      await writeProgress(tx, name, this.#progress());
    });
  }

  /** Undefined for what is not to be stored: unreadable, or exactly what was taken the last time. */
  #read(file: AdvisoryFile): ReadAdvisory | undefined {
    if ("fault" in file) return this.#skip(file.id, file.fault);
    const known = this.#origin.known.get(file.id);
    const digest = createHash("sha256").update(this.#origin.reading).update(file.bytes).digest("hex");
    if (known?.digest === digest) return undefined;
    try {
      const advisory = readAdvisoryFile(file.id, file.bytes);
      return this.#isSame(advisory, known) ? undefined : { advisory, digest, known: known !== undefined };
    } catch (error) {
      if (!(error instanceof AdvisoryError)) throw error;
      return this.#skip(file.id, error.message);
    }
  }

  /** The time decides where it says something; two copies of one state may differ in formatting. */
  #isSame(advisory: OsvAdvisory, known: KnownRecord | undefined): boolean {
    if (known === undefined || !this.#origin.sameReading || isUndated(advisory.modified)) return false;
    return known.modified === canonicalTime(advisory.modified);
  }

  #skip(id: string, reason: string): undefined {
    this.#unreadable++;
    if (this.#unreadable <= UNREADABLE_LOGGED_MAX)
      this.#ctx.log.warn({ ecosystem: this.#origin.ecosystem, advisory: id, reason }, "advisory left out");
    return undefined;
  }

  /** Waits for the batch before, so that one is stored while the next is read; its failure comes out here. */
  async #flush(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#batchSizeBytes = 0;
    await this.#storing;
    if (batch.length > 0) this.#storing = this.#store(batch);
    this.#storing.catch(() => undefined);
  }

  /** A batch the database refuses is stored one by one, so that one bad advisory does not keep the others out. */
  async #store(batch: readonly ReadAdvisory[]): Promise<void> {
    try {
      this.#count(batch.length, await this.#storeTogether(batch));
    } catch (error) {
      if (!isDataRefused(error)) throw error;
      const [first] = batch;
      if (batch.length > 1) for (const one of batch) await this.#store([one]);
      else if (first !== undefined) {
        this.#done++;
        this.#skip(first.advisory.id, `the database refuses it: ${error.message}`);
      }
    }
  }

  #storeTogether(batch: readonly ReadAdvisory[]): Promise<BatchReport> {
    const { name, ecosystem, config, ownedSources } = this.#origin;
    const step = `store:${nameOf(batch)}`;
    const eventId = this.#ctx.idFor(step);
    const origin = { mirror: name, ecosystem, aliases: config.aliasSyncEnabled, eventId, ownedSources };
    return this.#ctx.tx(step, async (tx) => {
      const report = await storeAdvisories(tx, origin, batch);
      await writeProgress(tx, name, this.#progress(batch.length, report));
      return report;
    });
  }

  #count(size: number, report: BatchReport): void {
    this.#done += size;
    for (const kind of ["new", "updated", "withdrawn"] as const) this.#counts[kind] += report[kind];
  }

  #progress(size = 0, report: BatchReport = NOTHING): MirrorProgress {
    const { new: added, updated, withdrawn } = this.#counts;
    return {
      runId: this.#ctx.rootRunId,
      ecosystem: this.#origin.ecosystem,
      done: this.#done + size,
      total: Math.max(this.#total, this.#done + size),
      counts: {
        new: added + report.new,
        updated: updated + report.updated,
        withdrawn: withdrawn + report.withdrawn,
      },
    };
  }
}

const NOTHING: BatchReport = { new: 0, updated: 0, unchanged: 0, withdrawn: 0 };

/** Derived from ids and contents: the same batch has the same name in every attempt, another one never. */
function nameOf(batch: readonly ReadAdvisory[]): string {
  const hash = createHash("sha256");
  for (const { advisory, digest } of batch) hash.update(`${advisory.id} ${digest}\n`);
  return hash.digest("hex").slice(0, 32);
}

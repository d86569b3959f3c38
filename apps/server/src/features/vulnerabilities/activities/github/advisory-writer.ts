import { createHash } from "node:crypto";
import type { ActivityContext } from "@evertrack/engine/authoring";
import { AdvisoryError, readGithubAdvisory } from "@evertrack/matching";
import type { Db, Tx } from "../../../../platform/db/index.ts";
import { type BatchReport, storeAdvisories } from "../../commands/store-advisories.ts";
import type { GithubConfig } from "../../github-extension.ts";
import { GITHUB, GITHUB_RECORDS, githubReading, writePosition } from "../../github-state.ts";
import { type MirrorProgress, readProgress, writeProgress } from "../../mirror-state.ts";
import type { ReadAdvisory } from "../../rules/advisory-rows.ts";
import { isNewer } from "../../rules/nvd-feed.ts";
import { readSomeAdvisoryRecords } from "../../store/advisory-records.ts";
import { isDataRefused } from "../../store/refusals.ts";

const LEFT_OUT_NAMED_MAX = 20;
const LEFT_OUT_LOGGED_MAX = 100;

/** One advisory as it came: parsed JSON, or why it is none. */
export type RawAdvisory = { node: unknown } | { fault: string };

/** Stores batches of advisories as far as they differ from what was taken, and counts what became of them. */
export class AdvisoryWriter {
  readonly #ctx: ActivityContext<Tx>;
  readonly #db: Db;
  readonly #config: GithubConfig;
  readonly #counts: { new: number; updated: number; withdrawn: number };
  readonly #leftOut: string[] = [];
  #done: number;
  #total: number;
  #unreadable = 0;

  /** An attempt after a crash counts on from what the earlier ones have stored. */
  static async open(ctx: ActivityContext<Tx>, db: Db, config: GithubConfig): Promise<AdvisoryWriter> {
    const before = await readProgress(db, GITHUB);
    return new AdvisoryWriter(ctx, db, config, before?.runId === ctx.rootRunId ? before : undefined);
  }

  private constructor(ctx: ActivityContext<Tx>, db: Db, config: GithubConfig, before: MirrorProgress | undefined) {
    this.#ctx = ctx;
    this.#db = db;
    this.#config = config;
    this.#counts = { ...(before?.counts ?? { new: 0, updated: 0, withdrawn: 0 }) };
    this.#done = before?.done ?? 0;
    this.#total = this.#done;
  }

  /** So many advisories are about to come. */
  expect(count: number): void {
    this.#total = this.#done + count;
  }

  /** Advisories so far, whatever became of them. */
  get done(): number {
    return this.#done;
  }

  get report() {
    const { new: added, updated, withdrawn } = this.#counts;
    const unchanged = Math.max(this.#done - added - updated - withdrawn - this.#unreadable, 0);
    return { new: added, updated, unchanged, withdrawn, unreadable: this.#unreadable, leftOut: this.#leftOut };
  }

  /** Stores what differs; with it, up to when the changes of the source have been taken, where that is known. */
  async store(batch: readonly RawAdvisory[], takenUntil?: string): Promise<void> {
    const read = new Map<string, ReadAdvisory>();
    for (const raw of batch) {
      this.#done++;
      const one = this.#read(raw);
      const twin = one && read.get(one.advisory.id);
      if (one !== undefined && (twin === undefined || isNewer(one.advisory.modified, twin.advisory.modified)))
        read.set(one.advisory.id, one);
    }
    const wanted = await this.#changed(read);
    if (wanted.length > 0) await this.#storeAll(wanted, takenUntil);
  }

  #read(raw: RawAdvisory): ReadAdvisory | undefined {
    const name = ("node" in raw && nameOfNode(raw.node)) || `record ${this.#done}`;
    if ("fault" in raw) return this.#skip(name, raw.fault);
    try {
      const advisory = readGithubAdvisory(raw.node);
      const digest = createHash("sha256").update(githubReading(this.#config)).update(JSON.stringify(advisory));
      // Nobody knows its own advisories better than GitHub, so a state of theirs that others stored is no obstacle.
      return { advisory, digest: digest.digest("hex"), known: true };
    } catch (error) {
      if (!(error instanceof AdvisoryError)) throw error;
      return this.#skip(name, error.message);
    }
  }

  #skip(name: string, reason: string): undefined {
    this.#unreadable++;
    if (this.#leftOut.length < LEFT_OUT_NAMED_MAX) this.#leftOut.push(`${name}: ${reason}`);
    if (this.#unreadable <= LEFT_OUT_LOGGED_MAX)
      this.#ctx.log.warn({ source: GITHUB, advisory: name, reason }, "advisory left out");
    return undefined;
  }

  /** What was taken before, or is older than that (a file may be older than the API), stays out. */
  async #changed(read: ReadonlyMap<string, ReadAdvisory>): Promise<ReadAdvisory[]> {
    const known = await readSomeAdvisoryRecords(this.#db, GITHUB, GITHUB_RECORDS, [...read.keys()]);
    return [...read.values()].filter(({ advisory, digest }) => {
      const taken = known.get(advisory.id);
      return taken === undefined || (taken.digest !== digest && !isNewer(taken.modified, advisory.modified));
    });
  }

  /** A batch the database refuses is stored one by one, so that one bad advisory does not keep the others out. */
  async #storeAll(batch: readonly ReadAdvisory[], takenUntil: string | undefined): Promise<void> {
    try {
      const report = await this.#storeTogether(batch, takenUntil);
      for (const kind of ["new", "updated", "withdrawn"] as const) this.#counts[kind] += report[kind];
    } catch (error) {
      if (!isDataRefused(error)) throw error;
      const [first] = batch;
      // Without the time: it holds only once all of them are stored.
      if (batch.length > 1) for (const one of batch) await this.#storeAll([one], undefined);
      else if (first !== undefined) this.#skip(first.advisory.id, `the database refuses it: ${error.message}`);
    }
  }

  #storeTogether(batch: readonly ReadAdvisory[], takenUntil: string | undefined): Promise<BatchReport> {
    const step = `store:${nameOf(batch)}`;
    const aliases = this.#config.aliasSyncEnabled;
    const eventId = this.#ctx.idFor(step);
    const origin = { mirror: GITHUB, ecosystem: GITHUB_RECORDS, aliases, eventId, ownedSources: [] };
    return this.#ctx.tx(step, async (tx) => {
      const report = await storeAdvisories(tx, origin, batch);
      if (takenUntil !== undefined) await writePosition(tx, this.#config, takenUntil);
      await writeProgress(tx, GITHUB, this.#progress(report));
      return report;
    });
  }

  #progress(report: BatchReport): MirrorProgress {
    const { new: added, updated, withdrawn } = this.#counts;
    return {
      runId: this.#ctx.rootRunId,
      ecosystem: GITHUB_RECORDS,
      done: this.#done,
      total: Math.max(this.#total, this.#done),
      counts: { new: added + report.new, updated: updated + report.updated, withdrawn: withdrawn + report.withdrawn },
    };
  }
}

function nameOfNode(node: unknown): string | undefined {
  const id = typeof node === "object" && node !== null && "ghsaId" in node ? node.ghsaId : undefined;
  return typeof id === "string" && /^GHSA-[\w-]{1,40}$/i.test(id) ? id : undefined;
}

/** Derived from ids and contents: the same batch has the same name in every attempt, another one never. */
function nameOf(batch: readonly ReadAdvisory[]): string {
  const hash = createHash("sha256");
  for (const { advisory, digest } of batch) hash.update(`${advisory.id} ${digest}\n`);
  return hash.digest("hex").slice(0, 32);
}

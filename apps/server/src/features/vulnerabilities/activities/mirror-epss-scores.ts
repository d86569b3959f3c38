/**
 * Mirrors EPSS: one compressed table of all CVEs a day. It is fetched unless its entity tag is the one read last, uncompressed
 * while it is read, and stored in batches of which only rows that differ are written; what an earlier attempt has stored is not stored
 * again. A line that cannot be read is named, counted and left out. Of a table that is cut off what came is stored; the run fails, removes
 * nothing, and the next one reads it again.
 */
import { type MirrorEpssInput, mirrorEpssInput } from "@evertrack/contract/runs/mirror-epss";
import { type Activity, type ActivityContext, defineActivity, Terminal } from "@evertrack/engine/authoring";
import type { Database, Tx } from "../../../platform/db/index.ts";
import type { Outbound } from "../../../platform/outbound/index.ts";
import { vulnerabilityProperties } from "../config.ts";
import { readEpssState, writeEpssState } from "../epss-state.ts";
import { readEpssConfig } from "../queries/epss-config.ts";
import { EpssTable, EpssTableError } from "../rules/epss-lines.ts";
import { linesOf, ScoresFileError } from "./epss/scores-file.ts";
import { type EpssCounts, ScoresWriter } from "./epss/scores-writer.ts";
import { openBucket } from "./osv/bucket.ts";

const FILE = "epss_scores-current.csv.gz";
/** The file has some 2 MB. */
const FILE_SIZE_MAX_BYTES = 256 * 1024 ** 2;

interface MirrorEpssDeps {
  database: Database;
  outbound: Outbound;
  allowLocal: boolean;
  fileRoots: readonly string[];
}

/** What became of the table and its rows. */
export interface EpssReport extends EpssCounts {
  /** It had not changed; it was read. */
  outcome: "unchanged" | "read";
}

const NOTHING = { new: 0, updated: 0, unchanged: 0, removed: 0, unreadable: 0, leftOut: [] };

export function mirrorEpssScores(deps: MirrorEpssDeps): Activity<MirrorEpssInput, EpssReport, Tx> {
  return defineActivity({
    name: "mirror-epss-scores",
    input: (raw) => mirrorEpssInput.parse(raw),
    async execute(ctx) {
      const { db } = deps.database;
      const { enabled, feedsUrl } = await readEpssConfig(db);
      if (!enabled) throw new Terminal("vuln-source/epss.enabled is off");
      if (!/^(https?|file):/.test(feedsUrl))
        throw new Terminal("vuln-source/epss.feeds.url is no http, https or file URL");
      const last = await readEpssState(db, feedsUrl);
      const allowLocalProperty = vulnerabilityProperties.epssAllowLocal.name;
      const bucket = await openBucket(feedsUrl, { ...deps, allowLocalProperty, signal: ctx.signal });
      const file = await bucket.fetchChanged([FILE], FILE_SIZE_MAX_BYTES, last?.etag);
      if (file === undefined) throw new Terminal(`${feedsUrl} has no ${FILE}`);
      if (file === "unchanged") {
        await ctx.tx("unchanged", (tx) => writeEpssState(tx, { ...last, feedsUrl }));
        return { ...NOTHING, outcome: "unchanged" };
      }
      try {
        const writer = new ScoresWriter(ctx);
        await takeOver(ctx, writer, file.path);
        await writer.finish((tx) => writeEpssState(tx, { feedsUrl, etag: file.etag }));
        ctx.log.info({ ...writer.counts }, "mirrored EPSS");
        return { ...writer.counts, outcome: "read" };
      } finally {
        await file.release();
      }
    },
  });
}

/** Stores the rows as they come. Terminal when the file is no whole table. */
async function takeOver(ctx: ActivityContext<Tx>, writer: ScoresWriter, path: string): Promise<void> {
  const table = new EpssTable();
  try {
    for await (const lines of linesOf(path)) {
      ctx.signal.throwIfAborted();
      for (const line of lines) {
        const read = table.read(line);
        if (read === undefined) continue;
        if ("fault" in read) writer.skip(read.fault);
        else if (!(await writer.add(read.row))) throw new ScoresFileError("has too many rows");
      }
    }
    if (!table.hasHeader) throw new ScoresFileError("is empty");
  } catch (error) {
    if (error instanceof ScoresFileError || error instanceof EpssTableError)
      throw new Terminal(`${FILE} ${error.message}`);
    throw error;
  }
}

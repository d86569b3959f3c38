import { type FinalizeProgress, type FinalizeResult, finalizeUpgrade } from "../../../features/upgrades/index.ts";
import { Database, dataSourceSettings } from "../../../platform/db/index.ts";
import { initTaskProperties } from "../../properties.ts";
import { finalizeDeps } from "../../upgrade.ts";
import type { WordContext } from "../word.ts";
import type { UpgradeRequest } from "./arguments.ts";
import { operator, refusalLines, statusOfRefusal } from "./refusals.ts";

const EXIT_OK = 0;
const EXIT_NOT_YET = 5;

const STEPS: Record<FinalizeProgress["step"], string> = {
  "acknowledge-joins": "older versions may not join any more; every instance acknowledges",
  "verify-backfills": "rows in the old shape are counted, and changed where any are left; gates open",
  "acknowledge-gates": "every instance acknowledges the open gates; runs from before end",
  contract: "what the version before needed is taken away",
};

/** Ends the upgrade to this build, over the data source of the init tasks. A signal stops it between two steps; it may be run again. */
export async function finalize(context: WordContext, { json, waitMaxMs }: UpgradeRequest): Promise<number> {
  const { config, log, write } = context;
  const settings = dataSourceSettings(config, config.get(initTaskProperties.dataSource), "evertrack-upgrade");
  const database = new Database(settings, log);
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once("SIGINT", onSignal);
  process.once("SIGTERM", onSignal);
  try {
    const result = await finalizeUpgrade({
      ...finalizeDeps({ config, database, log, by: operator() }),
      ...(waitMaxMs === undefined ? {} : { waitMaxMs }),
      signal: stop.signal,
      onStep({ step, state }) {
        if (state === "begun" && !json) write(`${step}: ${STEPS[step]}\n`);
      },
    });
    write(json ? `${JSON.stringify(result)}\n` : `${resultLines(result).join("\n")}\n`);
    return result.outcome === "refused" ? statusOfRefusal(result.reasons) : EXIT_OK;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    log.fatal("finalizing was interrupted; run it again: it goes on where it was");
    return EXIT_NOT_YET;
  } finally {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
    await database.close();
  }
}

function resultLines(result: FinalizeResult): string[] {
  if (result.outcome === "refused") return refusalLines("Not finalized.", result.reasons);
  if (result.outcome === "nothing-to-do") return [`No upgrade is going on: ${result.version} has nothing to finalize.`];
  return [`Finalized: the cluster is at ${result.version}. The version before cannot join any more.`];
}

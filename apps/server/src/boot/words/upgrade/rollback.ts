import { type RollbackResult, rollbackUpgrade } from "../../../features/upgrades/index.ts";
import { Database, dataSourceSettings } from "../../../platform/db/index.ts";
import { initTaskProperties } from "../../properties.ts";
import { rollbackDeps } from "../../upgrade.ts";
import type { WordContext } from "../word.ts";
import type { UpgradeRequest } from "./arguments.ts";
import { operator, refusalLines, statusOfRefusal } from "./refusals.ts";

const EXIT_OK = 0;

/** Closes the upgrade that is going on and prints the order in which instances go back. */
export async function rollback({ config, log, write }: WordContext, { json }: UpgradeRequest): Promise<number> {
  const settings = dataSourceSettings(config, config.get(initTaskProperties.dataSource), "evertrack-upgrade");
  const database = new Database(settings, log);
  try {
    const result = await rollbackUpgrade(rollbackDeps({ config, database, log, by: operator() }));
    write(json ? `${JSON.stringify(result)}\n` : `${resultLines(result).join("\n")}\n`);
    return result.outcome === "refused" ? statusOfRefusal(result.reasons) : EXIT_OK;
  } finally {
    await database.close();
  }
}

function resultLines(result: RollbackResult): string[] {
  if (result.outcome === "refused") return refusalLines("Not rolled back.", result.reasons);
  if (result.outcome === "nothing-to-do") return ["No upgrade is going on: there is nothing to take back."];
  const { from, version, pausedBackfills, order } = result;
  return [
    `The upgrade to ${from} is closed; the cluster goes back to ${version}. The schema stays as it is.`,
    ...(pausedBackfills.length === 0 ? [] : [`Paused: ${pausedBackfills.join(", ")}`]),
    order.length === 0 ? `No instance of ${from} runs.` : `Replace by ${version}, one at a time, in this order:`,
    ...order.map(({ id, isWeb }, index) => `  ${index + 1}. ${id} (${isWeb ? "web" : "worker"})`),
  ];
}

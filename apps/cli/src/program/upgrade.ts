import { type Command, Option } from "commander";
import { integer, local } from "./options.ts";

const PLATFORMS = ["up", "systemd", "kubernetes", "compose"];
const TIMEOUT_MAX_S = 86_400;

/** `upgrade`: from one release to the next while the cluster serves, of DT_DATASOURCE_URL, else of the embedded database. */
export function addUpgrade(program: Command): void {
  const upgrade = program.command("upgrade").description("bring a running cluster to this version, or back");
  const run = async (word: string, options: object) => (await import("../commands/upgrade.ts")).upgrade(word, options);
  local(
    upgrade,
    "check",
    "exit 0 if a rolling upgrade to this version is possible, 3 if not, 5 if not yet; with reasons",
  ).action((options) => run("check", options));
  local(upgrade, "plan", "the steps for this cluster, by the names of its instances; exit status as check")
    .addOption(new Option("--for <platform>", "only the commands of this platform").choices(PLATFORMS))
    .action((options) => run("plan", options));
  local(upgrade, "status", "how far an upgrade has come: instances, migrations, backfills, gates").action((options) =>
    run("status", options),
  );
  local(
    upgrade,
    "finalize",
    "end the upgrade to this version: the way back ends; may be run again after an interruption",
  )
    .option("--timeout <seconds>", "wait for instances and runs this long at a time (600)", integer(1, TIMEOUT_MAX_S))
    .action((options) => run("finalize", options));
  local(
    upgrade,
    "rollback",
    "close an upgrade that is not finalized, before instances go back to the version before",
  ).action((options) => run("rollback", options));
}

import { type Command, Option } from "commander";
import { local, terminalOf } from "./options.ts";

const LOOKS = ["status", "plan", "lock"];

/** `migrate`: runs the migrations, or looks at them and at their lock. */
export function addMigrate(program: Command): void {
  const flag = (name: string, description: string, ...conflicts: string[]) =>
    new Option(`--${name}`, description).conflicts([...LOOKS.filter((look) => look !== name), ...conflicts]);
  local(program, "migrate", "bring the schema of DT_DATASOURCE_URL, else of the embedded database, up to this version")
    .addOption(flag("status", "only show what is applied, pending, unfinished, unknown", "show", "clear"))
    .addOption(flag("plan", "only show what is pending: its statements, their locks, for how long", "show", "clear"))
    .addOption(flag("lock", "with --show or --clear: the lock that lets one process migrate at a time"))
    .addOption(new Option("--show", "with --lock: who holds it").conflicts("clear"))
    .option("--clear", "with --lock: take a left-over lock away; exit 3 while its owner may be alive")
    .option("--force", "with --lock --clear: although its owner may be alive")
    .action(async (options) => (await import("../commands/migrate.ts")).migrate(options, terminalOf(options)));
}

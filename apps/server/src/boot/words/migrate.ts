/**
 * `migrate`: looks at migrations and their lock, over the data source of the init tasks; running them is what the server does with
 * DT_INIT_TASKS_EXIT_AFTER_COMPLETION.
 *
 *   migrate --status            what is applied, pending, torn off, unknown
 *   migrate --plan              what is pending, statement by statement, with the locks it takes
 *   migrate --lock --show       who migrates now
 *   migrate --lock --clear      takes a left-over lock away; a living owner's only with --force
 *
 * `--json` prints the same as one JSON object. Exit status: 0 answered, 1 failed, 2 wrong use, 3 the lock's owner may be alive.
 */
import { explain, MigrationError, status } from "@evertrack/migrator";
import { migratedComponents } from "../migrated-components.ts";
import { VERSION } from "../version.ts";
import { type MigrateRequest, readMigrateRequest } from "./migrate/arguments.ts";
import { clearMigrationLock, showMigrationLock } from "./migrate/lock.ts";
import { planLines, publicPlan } from "./migrate/plan.ts";
import { publicStatus, statusLines } from "./migrate/status.ts";
import type { Word, WordContext } from "./word.ts";

const EXIT_OK = 0;
const EXIT_FAILED = 1;
const EXIT_WRONG_USE = 2;

export const migrateWord: Word = async (context) => {
  const request = readMigrateRequest(context.args);
  if (typeof request === "string") {
    context.log.fatal(request);
    return EXIT_WRONG_USE;
  }
  try {
    return await carryOut(request, context);
  } catch (error) {
    if (error instanceof MigrationError) context.log.fatal(`${error.message}. ${error.cure}`);
    else context.log.fatal({ err: error }, "the migrations cannot be looked at");
    return EXIT_FAILED;
  }
};

async function carryOut({ what, force, json }: MigrateRequest, context: WordContext): Promise<number> {
  const print = (result: object, lines: readonly string[]) =>
    context.write(json ? `${JSON.stringify(result)}\n` : `${lines.join("\n")}\n`);
  const components = migratedComponents(context.config);
  const [{ connectionString }] = components;
  switch (what) {
    case "status": {
      const states = await Promise.all(components.map((component) => status(component)));
      print(publicStatus(VERSION, states), statusLines(VERSION, states));
      return EXIT_OK;
    }
    case "plan": {
      const plans = await Promise.all(components.map((component) => explain({ ...component, version: VERSION })));
      print(publicPlan(VERSION, plans), planLines(VERSION, plans));
      return EXIT_OK;
    }
    case "lock-show":
      return showMigrationLock(connectionString, print);
    case "lock-clear":
      return clearMigrationLock(connectionString, force, print);
  }
}

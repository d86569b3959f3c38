/**
 * `upgrade`: from one release to the next while the cluster serves, seen from the database; no server is needed.
 *
 *   upgrade check       whether a rolling upgrade to this build is possible, each reason with its cure
 *   upgrade plan        the steps for this cluster, by the names of its instances
 *   upgrade status      how far an upgrade has come
 *   upgrade finalize    ends it: from its first step on there is no way back
 *   upgrade rollback    closes it the other way, before instances go back to the version before
 *
 * Exit status: 0 yes or done · 1 unexpected · 2 wrong use, no database · 3 not while instances serve, or refused · 5 not yet.
 */
import { isDatabaseOutage, isQueryTimeout } from "../../platform/db/index.ts";
import { readUpgradeRequest, type UpgradeRequest } from "./upgrade/arguments.ts";
import { check } from "./upgrade/check.ts";
import { finalize } from "./upgrade/finalize.ts";
import { LookTimeoutError } from "./upgrade/look.ts";
import { plan } from "./upgrade/plan.ts";
import { rollback } from "./upgrade/rollback.ts";
import { status } from "./upgrade/status.ts";
import type { Word, WordContext } from "./word.ts";

const EXIT_FAILED = 1;
const EXIT_WRONG_USE = 2;

const SUB_COMMANDS: Readonly<
  Record<UpgradeRequest["what"], (context: WordContext, request: UpgradeRequest) => Promise<number>>
> = { check, plan, status, finalize, rollback };

export const upgradeWord: Word = async (context) => {
  const request = readUpgradeRequest(context.args);
  if (typeof request === "string") {
    context.log.fatal(request);
    return EXIT_WRONG_USE;
  }
  try {
    return await SUB_COMMANDS[request.what](context, request);
  } catch (error) {
    if (error instanceof LookTimeoutError) {
      context.log.fatal(`the database does not answer: ${error.message}`);
      // What still waits for the database would keep the process alive for as long as that takes.
      process.exit(EXIT_WRONG_USE);
    }
    if (isDatabaseOutage(error) || isQueryTimeout(error)) {
      context.log.fatal(`the database does not answer: ${error instanceof Error ? error.message : String(error)}`);
      return EXIT_WRONG_USE;
    }
    context.log.fatal({ err: error }, `upgrade ${request.what} failed`);
    return EXIT_FAILED;
  }
};

/**
 * `findings verify [--json]`: recomputes the matches of every component with the advisories as they are, and compares them with what is
 * stored. Reads only, and may run while the cluster serves.
 *
 * Exit status: 0 no difference · 1 unexpected · 2 wrong use, no database, another schema · 3 differences.
 */
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type MatchDifference, nameMatches, verifyAgain, verifyMatches } from "../../features/findings/index.ts";
import { Database, dataSourceSettings, isDatabaseOutage, isOtherSchema } from "../../platform/db/index.ts";
import type { Word, WordContext } from "./word.ts";

const EXIT_FAILED = 1;
const EXIT_WRONG_USE = 2;
const EXIT_DIFFERENT = 3;
const CONNECTIONS_MAX = 2;
/** What an import or a mirror is about to write is there after a while. */
const SETTLING_MS = 3_000;
const LOOKS_AGAIN_MAX = 5;
const PROGRESS_EVERY = 50_000;
const WORDS: Readonly<Record<MatchDifference["difference"], string>> = {
  missing: "missing: affected, but there is no finding",
  superfluous: "superfluous: a finding, but not affected",
  outdated: "outdated: its severity or date is not the advisory's",
};

export const findingsWord: Word = async (context) => {
  const json = readArguments(context.args);
  if (json === undefined) {
    context.log.fatal("use findings verify [--json]");
    return EXIT_WRONG_USE;
  }
  const settings = dataSourceSettings(context.config, "default", "evertrack-findings");
  const database = new Database({ ...settings, poolSizeMax: CONNECTIONS_MAX }, context.log);
  try {
    return await verify(context, database, json);
  } catch (error) {
    if (isDatabaseOutage(error) || isOtherSchema(error)) {
      context.log.fatal(
        isDatabaseOutage(error)
          ? `the database does not answer: ${error instanceof Error ? error.message : String(error)}`
          : "the database has not the schema of this version: evertrack migrate",
      );
      return EXIT_WRONG_USE;
    }
    context.log.fatal({ err: error }, "findings verify failed");
    return EXIT_FAILED;
  } finally {
    await database.close();
  }
};

/** Whether JSON is wanted; undefined when something else is. */
function readArguments(args: readonly string[]): boolean | undefined {
  try {
    const options = { json: { type: "boolean", default: false } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    return positionals.length === 1 && positionals[0] === "verify" ? values.json : undefined;
  } catch {
    return undefined;
  }
}

async function verify({ log, write }: WordContext, database: Database, json: boolean): Promise<number> {
  let told = 0;
  const progress = (identities: number) => {
    if (identities - told < PROGRESS_EVERY) return;
    told = identities;
    log.warn({ identities }, "still comparing");
  };
  const found = await verifyMatches(database, { progress });
  let { differences } = found;
  for (let look = 0; look < LOOKS_AGAIN_MAX && differences.length > 0; look++) {
    await delay(SETTLING_MS);
    differences = await verifyAgain(database, differences);
  }
  const named = await nameMatches(database.db, differences);
  const { identities, matches } = found;
  if (json) write(`${JSON.stringify({ identities, matches, differences: named })}\n`);
  else {
    for (const { component, vulnerability, difference } of named)
      write(`${component}  ${vulnerability}  ${WORDS[difference]}\n`);
    if (named.length > 0) write("An analysis of the projects concerned puts that right.\n");
    write(`${identities} distinct components, ${matches} matches, ${named.length} differences\n`);
  }
  return named.length === 0 ? 0 : EXIT_DIFFERENT;
}

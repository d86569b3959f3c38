import { type Command, InvalidArgumentError } from "commander";
import { client, integer, terminalOf } from "./options.ts";

const RATE_MAX = 1_000_000;

/** `backfills …`: what a release changes in many rows while the cluster serves. */
export function addBackfills(program: Command): void {
  const backfills = program
    .command("backfills")
    .description("changes of many rows that an upgrade makes while it runs");
  client(backfills, "list", "list the backfills: how far they are, how fast, until when").action(async (options) =>
    (await import("../commands/backfills.ts")).backfillsList(options, terminalOf(options)),
  );
  const change = (name: string, description: string) =>
    client(backfills, name, description).argument("<backfill>", "name of the backfill");
  change("pause", "begin no further batch").action(async (name: string, options) =>
    (await import("../commands/backfills.ts")).backfillsChange(name, { paused: true }, options, terminalOf(options)),
  );
  change("resume", "go on where it was, also after a failure").action(async (name: string, options) =>
    (await import("../commands/backfills.ts")).backfillsChange(name, { paused: false }, options, terminalOf(options)),
  );
  change("rate", "set how many rows per second it may look at")
    .argument("<rows>", "rows per second, or default for the server's own limit", rate)
    .action(async (name: string, rows: number | null, options) =>
      (await import("../commands/backfills.ts")).backfillsChange(
        name,
        { rows_per_second_max: rows },
        options,
        terminalOf(options),
      ),
    );
}

function rate(text: string): number | null {
  if (text === "default") return null;
  try {
    return integer(1, RATE_MAX)(text);
  } catch {
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${RATE_MAX}, or default.`);
  }
}

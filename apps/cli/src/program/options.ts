/** What the words of all commands share: common options, readers of values. */
import { type Command, InvalidArgumentError } from "commander";
import type { AccessOptions } from "../client/access.ts";
import { processTerminal, type Terminal } from "../output/terminal.ts";

/** A command on this machine. */
export function local(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .option("--data-dir <directory>", "where everything is kept (default: ~/.evertrack, or EVERTRACK_DATA_DIRECTORY)")
    .option("--json", "print results as JSON");
}

/** A command with a server. */
export function client(parent: Command, name: string, description: string): Command {
  return local(parent, name, description)
    .option("--url <address>", "the server (default: EVERTRACK_URL, the local `up`, or the last login)")
    .option("--api-key <key>", "API key (default: EVERTRACK_API_KEY, or saved by login or demo)");
}

/** Where the command writes. */
export function terminalOf(options: Partial<AccessOptions> & { json?: boolean }): Terminal {
  return processTerminal(options.json === true);
}

/** Reads a whole number of this range. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

/** Gathers a repeatable option. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

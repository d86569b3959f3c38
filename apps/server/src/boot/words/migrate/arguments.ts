import { parseArgs } from "node:util";

/** What is asked of the word `migrate`. */
export interface MigrateRequest {
  readonly what: "status" | "plan" | "lock-show" | "lock-clear";
  readonly force: boolean;
  readonly json: boolean;
}

const USAGE = "use migrate --status, --plan, --lock --show or --lock --clear [--force], each with or without --json";
const FLAG = { type: "boolean", default: false } as const;
const OPTIONS = { status: FLAG, plan: FLAG, lock: FLAG, show: FLAG, clear: FLAG, force: FLAG, json: FLAG };

/** The request, or the sentence that says what is wrong with it. */
export function readMigrateRequest(args: readonly string[]): MigrateRequest | string {
  try {
    const { values } = parseArgs({ args: [...args], options: OPTIONS, strict: true });
    const what = whatOf(values);
    if (what === undefined || (values.force && what !== "lock-clear")) return USAGE;
    return { what, force: values.force, json: values.json };
  } catch (error) {
    return `${error instanceof Error ? error.message.split(". ")[0] : String(error)}; ${USAGE}`;
  }
}

function whatOf(
  flags: Record<"status" | "plan" | "lock" | "show" | "clear", boolean>,
): MigrateRequest["what"] | undefined {
  const { status, plan, lock, show, clear } = flags;
  const given = [status, plan, lock].filter(Boolean).length;
  if (given !== 1 || (!lock && (show || clear)) || (lock && show === clear)) return undefined;
  if (lock) return show ? "lock-show" : "lock-clear";
  return status ? "status" : "plan";
}

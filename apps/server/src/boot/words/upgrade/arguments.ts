import { parseArgs } from "node:util";

const WHATS = ["check", "plan", "status", "finalize", "rollback"] as const;
const PLATFORMS = ["up", "systemd", "kubernetes", "compose"] as const;
const TIMEOUT_MAX_S = 86_400;
const USAGE =
  `use upgrade ${WHATS.join("|")} [--json]; plan takes --for ${PLATFORMS.join("|")} too, ` +
  `finalize --timeout <seconds> (1 to ${TIMEOUT_MAX_S})`;

/** What is asked of the word `upgrade`. */
export interface UpgradeRequest {
  readonly what: (typeof WHATS)[number];
  readonly json: boolean;
  /** `evertrack up` runs the instances; the command line knows. */
  readonly supervised: boolean;
  /** Commands of this platform only. */
  readonly platform: (typeof PLATFORMS)[number] | undefined;
  /** Finalizing waits for instances and runs this long at a time. */
  readonly waitMaxMs: number | undefined;
}

const OPTIONS = {
  json: { type: "boolean", default: false },
  supervised: { type: "boolean", default: false },
  for: { type: "string" },
  timeout: { type: "string" },
} as const;

/** The request, or the sentence that says what is wrong with it. */
export function readUpgradeRequest(args: readonly string[]): UpgradeRequest | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: OPTIONS,
      strict: true,
      allowPositionals: true,
    });
    const what = WHATS.find((one) => one === positionals[0]);
    const platform = PLATFORMS.find((one) => one === values.for);
    const timeoutS = values.timeout === undefined ? undefined : Number(values.timeout);
    if (what === undefined || positionals.length !== 1) return USAGE;
    if (values.for !== undefined && (platform === undefined || what !== "plan")) return USAGE;
    if (timeoutS !== undefined && (what !== "finalize" || !isTimeout(timeoutS))) return USAGE;
    const waitMaxMs = timeoutS === undefined ? undefined : timeoutS * 1_000;
    return { what, json: values.json, supervised: values.supervised, platform, waitMaxMs };
  } catch (error) {
    return `${error instanceof Error ? error.message.split(". ")[0] : String(error)}; ${USAGE}`;
  }
}

function isTimeout(seconds: number): boolean {
  return Number.isInteger(seconds) && seconds >= 1 && seconds <= TIMEOUT_MAX_S;
}

import { type CheckResult, checkUpgrade, type Reason } from "../../../features/upgrades/index.ts";
import type { WordContext } from "../word.ts";
import type { UpgradeRequest } from "./arguments.ts";
import { look, settingsOf } from "./look.ts";

/** Prints the verdict and each reason with its cure; the verdict is the exit status. */
export async function check(context: WordContext, { json, supervised }: UpgradeRequest): Promise<number> {
  const { facts, manifest } = await look(context);
  const result = checkUpgrade(facts, manifest, settingsOf(context, supervised));
  context.write(json ? `${JSON.stringify(publicCheck(result))}\n` : `${checkLines(result).join("\n")}\n`);
  return result.verdict;
}

/** As `--json` prints it. */
export function publicCheck({ verdict, summary, situation, reasons, advice }: CheckResult) {
  const { stage, from, to, pending } = situation;
  return {
    verdict,
    summary,
    stage,
    from: from ?? null,
    to,
    pending: pending.map(({ component, id, phase, level, release }) => ({ component, id, phase, level, release })),
    reasons,
    advice,
  };
}

/** As it is printed for people. */
export function checkLines({ verdict, summary, situation, reasons, advice }: CheckResult): string[] {
  const expand = situation.pending.filter(({ phase }) => phase === "expand");
  const contract = situation.pending.filter(({ phase }) => phase === "contract");
  return [
    summary,
    ...(expand.length > 0 ? [`Migrations to be run before: ${expand.length} (evertrack migrate --plan).`] : []),
    ...(contract.length > 0 ? [`Migrations of its end: ${contract.length} (evertrack upgrade finalize).`] : []),
    ...reasons.flatMap((one) => ["", ...reasonLines(one)]),
    ...advice.flatMap((one) => ["", ...reasonLines(one)]),
    "",
    `exit status ${verdict}: ${VERDICTS[verdict]}`,
  ];
}

const VERDICTS = { 0: "a rolling upgrade is possible", 3: "not while instances serve", 5: "not yet" } as const;
const MARKS = { 0: "note", 3: "NO", 5: "NOT YET" } as const;

function reasonLines({ code, verdict, message, cure, docs }: Reason): string[] {
  return [`${MARKS[verdict]}  ${code}: ${message}`, `  → ${cure}`, `  ${docs}`];
}

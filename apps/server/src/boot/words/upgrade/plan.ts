import { checkUpgrade, type PlanStep, planUpgrade, type UpgradePlan } from "../../../features/upgrades/index.ts";
import type { WordContext } from "../word.ts";
import type { UpgradeRequest } from "./arguments.ts";
import { checkLines, publicCheck } from "./check.ts";
import { look, settingsOf } from "./look.ts";

/** Prints the steps for this cluster; the exit status is that of the check. */
export async function plan(context: WordContext, request: UpgradeRequest): Promise<number> {
  const { json, supervised, platform } = request;
  const { facts, manifest } = await look(context);
  const result = checkUpgrade(facts, manifest, settingsOf(context, supervised));
  const steps = planUpgrade(facts, result, supervised);
  const chosen = platform ?? (supervised ? "up" : undefined);
  if (json) context.write(`${JSON.stringify({ check: publicCheck(result), ...steps })}\n`);
  else context.write(`${[...checkLines(result), "", ...planLines(steps, chosen)].join("\n")}\n`);
  return result.verdict;
}

const TITLES: Record<UpgradePlan["kind"], string> = {
  rolling: "Plan: one instance at a time, without interruption",
  "full-stop": "Plan: with an interruption",
  back: "Plan: back to the version before",
  none: "Plan: no steps",
};

function planLines({ kind, steps }: UpgradePlan, platform: UpgradeRequest["platform"]): string[] {
  return [TITLES[kind], ...steps.flatMap((step, index) => ["", ...stepLines(step, index + 1, platform)])];
}

function stepLines(
  { title, instances, commands, done }: PlanStep,
  number: number,
  platform: string | undefined,
): string[] {
  const offered = Object.entries(commands);
  const chosen = offered.filter(([name]) => name === platform);
  const shown = chosen.length > 0 ? chosen : offered.filter(([name]) => platform === undefined || name === "any");
  return [
    `${number}. ${title}`,
    ...instances.map(({ id, host, version }) => `     ${id} (${version}, on ${host})`),
    ...shown.flatMap(([name, list]) => list.map((command) => `   ${name === "any" ? "" : `${name}: `}$ ${command}`)),
    `   done when: ${done}`,
  ];
}

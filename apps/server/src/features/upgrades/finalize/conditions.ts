import type { UpgradeCondition } from "@evertrack/contract/v2/upgrade";
import type { ClusterState, InstanceRow } from "../../cluster/index.ts";
import type { Beginning } from "./begin.ts";
import { isFinal, type UpgradeRefusal } from "./reasons.ts";

/** What beginning to finalize asks for, in the order it is asked, and what is said of each that is met. */
const MET: readonly (readonly [code: UpgradeRefusal["code"], message: (target: string) => string])[] = [
  ["other-build", (target) => `the program that answers is ${target}`],
  ["older-instance", (target) => `no instance runs a version before ${target}`],
  ["backfill-unfinished", (target) => `every backfill up to ${target} is done`],
  ["expand-pending", (target) => `every migration ${target} needs to run has run`],
  ["no-rights", () => "the migrations of its end may be run with the data source of the migrations"],
];

/**
 * Every condition with its verdict. Before finalizing has begun only a program of the target can judge the others, so one of
 * another version tells no more than that; once it has begun, what is left is that every instance acknowledges.
 */
export function conditionsOf(
  would: Beginning | "may-begin",
  { targetVersion, epoch }: ClusterState,
  version: string,
  instances: readonly InstanceRow[],
): UpgradeCondition[] {
  if (would === "nothing-to-do") return [];
  if (would === "begun") return [acknowledged(instances, epoch)];
  const refusals = would === "may-begin" ? [] : would;
  if (refusals.some(({ code }) => code === "other-build")) return refusals.map(unmet);
  return MET.flatMap(([code, message]) => {
    const found = refusals.filter((refusal) => refusal.code === code);
    return found.length > 0 ? found.map(unmet) : [{ code, verdict: "MET", message: message(targetVersion ?? version) }];
  });
}

function unmet(refusal: UpgradeRefusal): UpgradeCondition {
  const { code, message, cure } = refusal;
  return { code, verdict: isFinal(refusal) ? "REFUSED" : "NOT_YET", message, cure };
}

function acknowledged(instances: readonly InstanceRow[], epoch: number): UpgradeCondition {
  const code = "not-acknowledged";
  const behind = instances.filter(({ state, gateEpoch }) => state !== "gone" && gateEpoch < epoch).map(({ id }) => id);
  if (behind.length === 0) return { code, verdict: "MET", message: `every instance has acknowledged epoch ${epoch}` };
  return {
    code,
    verdict: "NOT_YET",
    message: `${behind.join(", ")} has not acknowledged epoch ${epoch}`,
    cure: "Wait; if it lasts, see why that instance is busy or silent, and restart it if need be.",
  };
}

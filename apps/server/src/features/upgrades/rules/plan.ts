import { compareVersions } from "@evertrack/matching";
import type { CheckResult } from "./check.ts";
import type { InstanceFacts, UpgradeFacts } from "./facts.ts";
import { type Platform, replaceCommands } from "./plan-commands.ts";
import { isWeb, type Situation } from "./situation.ts";

/** One thing to do, in order. */
export interface PlanStep {
  title: string;
  /** Whom it concerns, one after the other in this order; nobody in particular when empty. */
  instances: { id: string; host: string; version: string }[];
  /** What to type, by platform; `any` where it is the same everywhere. */
  commands: Partial<Record<Platform | "any", string[]>>;
  /** How to see that it is done, and when not to go on. */
  done: string;
}

/**
 * - `rolling`: one instance at a time;
 * - `full-stop`: with an interruption, because the check found reasons that need one;
 * - `back`: to the version before;
 * - `none`: nothing to do, or nothing that may be done now (the check's reasons say why).
 */
export interface UpgradePlan {
  kind: "rolling" | "full-stop" | "back" | "none";
  steps: PlanStep[];
}

/** Reasons an interruption cures. */
const CURED_BY_STOPPING = ["breaking-statement", "full-stop-release", "long-lock", "single-instance"];

/** The steps for this very cluster, by the names of its instances. Pure. */
export function planUpgrade(facts: UpgradeFacts, check: CheckResult, supervised: boolean): UpgradePlan {
  const { situation, verdict, reasons } = check;
  const { stage } = situation;
  if (verdict === 3) {
    const curable = reasons.every(({ code, verdict: own }) => own === 5 || CURED_BY_STOPPING.includes(code));
    return curable ? { kind: "full-stop", steps: fullStop(situation) } : { kind: "none", steps: [] };
  }
  if (stage === "current") return { kind: "none", steps: [] };
  if (stage === "back") return { kind: "back", steps: back(situation) };
  if (stage === "first-install") return { kind: "rolling", steps: [migrateStep(situation)] };
  return { kind: "rolling", steps: supervised ? supervisedSteps(facts, situation) : rolling(facts, situation) };
}

function rolling(facts: UpgradeFacts, situation: Situation): PlanStep[] {
  const { stage, to, living, pending } = situation;
  const old = living.filter(({ version }) => version !== to);
  return [
    ...(stage === "forward" ? [backupStep(), checkStep(to)] : []),
    ...(pending.some(({ phase }) => phase === "expand") ? [migrateStep(situation)] : []),
    ...replaceSteps(old, to, "workers first"),
    soakStep(to),
    finalizeStep(facts, to),
  ];
}

function supervisedSteps(facts: UpgradeFacts, { stage, to, living }: Situation): PlanStep[] {
  const old = living.filter(({ version }) => version !== to);
  const up: PlanStep = {
    title: `start \`evertrack up\` of ${to}: it migrates, starts new instances beside the old ones, and hands over`,
    instances: old.map(named),
    commands: { up: ["evertrack up"] },
    done: "it says that the hand-over is done; when the new version does not become ready the old one serves on",
  };
  return [
    ...(stage === "forward" ? [backupStep(), checkStep(to)] : []),
    ...(old.length > 0 || living.length === 0 ? [up] : []),
    soakStep(to),
    finalizeStep(facts, to),
  ];
}

function fullStop({ from, to, living }: Situation): PlanStep[] {
  const [webs, workers] = [living.filter(isWeb), living.filter((one) => !isWeb(one))];
  const stop = (title: string, instances: InstanceFacts[]): PlanStep[] =>
    instances.length === 0
      ? []
      : [
          {
            title,
            instances: instances.map(named),
            commands: replaceCommands("stop", instances),
            done: "its process has ended",
          },
        ];
  const start: PlanStep = {
    title: `start workers of ${to}, then webs`,
    instances: [],
    commands: replaceCommands("start", living),
    done: "`evertrack cluster status`: all are ready, of one version",
  };
  return [
    backupStep(),
    ...stop(`stop the webs of ${from ?? "the old version"}: from here on nobody answers`, webs),
    ...stop("stop the others", workers),
    { title: "migrate", instances: [], commands: { any: ["evertrack migrate"] }, done: "it ends with 0" },
    start,
    { title: "finalize", instances: [], commands: { any: ["evertrack upgrade finalize"] }, done: "it ends with 0" },
  ];
}

function back({ to, living }: Situation): PlanStep[] {
  const newer = living.filter(({ version }) => compareVersions("semver", version, to) > 0);
  const [webs, workers] = [newer.filter(isWeb), newer.filter((one) => !isWeb(one))];
  return [
    {
      title: "close the window of the upgrade",
      instances: [],
      commands: { any: ["evertrack upgrade rollback"] },
      done: "it ends with 0; 3 names what the older version could not go on with",
    },
    ...groupSteps("webs", webs, to, "first"),
    ...groupSteps("workers", workers, to, "after the webs"),
  ];
}

function backupStep(): PlanStep {
  return {
    title: "back up and verify",
    instances: [],
    commands: { any: ["evertrack backup"] },
    done: "it ends with 0 and says that the backup was restored on trial",
  };
}

function checkStep(to: string): PlanStep {
  return {
    title: `check, with ${to}`,
    instances: [],
    commands: { any: ["evertrack upgrade check"] },
    done: "it ends with 0",
  };
}

function migrateStep({ to, pending }: Situation): PlanStep {
  const count = pending.filter(({ phase }) => phase === "expand").length;
  return {
    title: `migrate the schema to ${to} (${count} files) in a process of its own`,
    instances: [],
    commands: {
      any: ["evertrack migrate"],
      systemd: ["systemctl restart evertrack-init"],
      kubernetes: [
        "kubectl delete job evertrack-init --ignore-not-found && kubectl apply -f init-job.yaml",
        "kubectl wait --for=condition=complete --timeout=60m job/evertrack-init",
      ],
      compose: ["docker compose run --rm init"],
    },
    done: "it ends with 0; if it fails the instances serve on, and it may be run again",
  };
}

function replaceSteps(old: readonly InstanceFacts[], to: string, when: string): PlanStep[] {
  return [
    ...groupSteps(
      "workers",
      old.filter((one) => !isWeb(one)),
      to,
      when,
    ),
    ...groupSteps("webs", old.filter(isWeb), to, "after the workers"),
  ];
}

function groupSteps(group: string, instances: readonly InstanceFacts[], to: string, when: string): PlanStep[] {
  if (instances.length === 0) return [];
  return [
    {
      title: `replace the ${group} by ${to}, one at a time (${when})`,
      instances: inOrder(instances).map(named),
      commands: replaceCommands("replace", instances),
      done: "before each: `evertrack cluster safe-to-stop <instance>` ends with 0; after each: the new one is ready",
    },
  ];
}

function soakStep(to: string): PlanStep {
  return {
    title: `watch ${to} for as long as you want the way back to stay open`,
    instances: [],
    commands: { any: ["evertrack upgrade status", "evertrack cluster status"] },
    done: "errors, latency and queues are as before; else `evertrack upgrade rollback`",
  };
}

function finalizeStep({ backfills }: UpgradeFacts, to: string): PlanStep {
  const open = backfills.filter(({ release, status }) => release === to && status !== "DONE");
  const wait = open.length === 0 ? "" : `; before it ${open.map(({ name }) => name).join(", ")} have to be done`;
  return {
    title: `finalize: the way back to the version before ends here${wait}`,
    instances: [],
    commands: { any: ["evertrack upgrade finalize"] },
    done: "it ends with 0; 5 says what it waits for, and it may be run again",
  };
}

/** The leader is the last of its group, so that it moves once. */
function inOrder(instances: readonly InstanceFacts[]): InstanceFacts[] {
  return instances.toSorted((a, b) => Number(a.leader) - Number(b.leader));
}

function named({ id, host, version }: InstanceFacts): PlanStep["instances"][number] {
  return { id, host, version };
}

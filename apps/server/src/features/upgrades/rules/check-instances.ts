import type { InstanceFacts } from "./facts.ts";
import { type Reason, reason } from "./reasons.ts";
import { isWeb, type Situation } from "./situation.ts";

/** A heartbeat is late after this many intervals. */
const FRESH_INTERVALS = 3;
/** What one instance alone may do for the cluster for a while: what it would do waits, no request fails. */
const WORK_ROLES = ["worker", "leader-eligible", "relay", "scheduler"] as const;

/** Reasons that lie in who runs: whether one can be missed while it is replaced. */
export function checkInstances({ stage, living }: Situation, supervised: boolean): Reason[] {
  if (stage === "first-install" || stage === "current") return [];
  if (living.length === 0) return [nothingRuns()];
  if (living.length === 1 && stage === "forward") return supervised ? unsteady(living) : [single(living[0])];
  return [...unsteady(living), ...(stage === "forward" ? [...loneWeb(living), ...loneRoles(living)] : [])];
}

function nothingRuns(): Reason {
  return reason(
    "nothing-runs",
    "no instance runs: there is nobody to be replaced",
    "Run `evertrack migrate`, then start the new version. No interruption is added.",
  );
}

function single(instance: InstanceFacts | undefined): Reason {
  return reason(
    "single-instance",
    `${instance?.id ?? "one instance"} is the only one: while it is replaced nobody answers`,
    "Start a second instance of the version that runs, then check again. On one host `evertrack up` replaces its only instance without interruption. Else follow docs/upgrading/full-stop.md.",
  );
}

function unsteady(living: readonly InstanceFacts[]): Reason[] {
  const silent = living.filter(isLate);
  const notReady = living.filter((one) => !isLate(one) && one.state !== "ready");
  return [
    ...silent.map(({ id, heartbeatAgeMs }) =>
      reason(
        "instance-silent",
        `${id} has not been heard of for ${Math.round(heartbeatAgeMs / 1000)} s`,
        "Look at it: it is stopped, starved or cut off. The others remove it after the lapse time; then check again.",
      ),
    ),
    ...notReady.map(({ id, state }) =>
      reason("instance-not-ready", `${id} is ${state}`, "Wait until it is ready or has ended, then check again."),
    ),
  ];
}

/** A single web among workers is one too few for the front door. */
function loneWeb(living: readonly InstanceFacts[]): Reason[] {
  const webs = living.filter(isWeb);
  const [web] = webs;
  if (web === undefined || webs.length > 1) return [];
  return [
    reason(
      "lone-web",
      `${web.id} is the only instance that only serves requests; the others work`,
      "Start a second web of the version that runs and add it to the front door, then check again.",
    ),
  ];
}

function loneRoles(living: readonly InstanceFacts[]): Reason[] {
  return WORK_ROLES.flatMap((role) => {
    const holders = living.filter(({ roles }) => roles.includes(role));
    const [holder] = holders;
    if (holder === undefined || holders.length > 1) return [];
    return [
      reason(
        "lone-role",
        `${holder.id} alone has the role ${role}; what it does waits while it is replaced`,
        "Start its successor before it is stopped, or accept that uploads wait for a minute.",
      ),
    ];
  });
}

function isLate({ heartbeatAgeMs, intervalMs, lapseMs }: InstanceFacts): boolean {
  return heartbeatAgeMs > Math.min(lapseMs, FRESH_INTERVALS * intervalMs);
}

import type { InstanceFacts } from "./facts.ts";
import { isWeb } from "./situation.ts";

/** What instances may be run by; the recipes of each are in deploy/. */
export const PLATFORMS = ["up", "systemd", "kubernetes", "compose"] as const;

export type Platform = (typeof PLATFORMS)[number];

type Action = "replace" | "stop" | "start";

/** Commands of the recipes in deploy/, for instances of one group; `<n>` stands for the number of an instance on its host. */
export function replaceCommands(
  action: Action,
  instances: readonly InstanceFacts[],
): Partial<Record<Platform, string[]>> {
  const groups = action === "start" ? ["worker", "web"] : [...new Set(instances.map(groupOf))];
  return {
    systemd: groups.map((group) => `systemctl ${SYSTEMD[action]} evertrack-${group}@<n>`),
    kubernetes: groups.flatMap((group) => kubernetes(action, group)),
    compose: groups.map((group) => compose(action, group)),
  };
}

const SYSTEMD: Record<Action, string> = { replace: "restart", stop: "stop", start: "start" };

function kubernetes(action: Action, group: string): string[] {
  if (action === "stop") return [`kubectl scale deployment/evertrack-${group} --replicas=0`];
  return [`kubectl apply -f ${group}.yaml && kubectl rollout status deployment/evertrack-${group} --timeout=30m`];
}

function compose(action: Action, group: string): string {
  if (action === "stop") return `docker compose stop ${group}<n>`;
  return `docker compose up --detach --no-deps --wait ${group}<n>`;
}

function groupOf(instance: InstanceFacts): "web" | "worker" {
  return isWeb(instance) ? "web" : "worker";
}

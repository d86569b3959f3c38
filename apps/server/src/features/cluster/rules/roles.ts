/** What an instance does for the cluster, besides being one of it. */
export const ROLES = ["api", "worker", "leader-eligible", "relay", "scheduler"] as const;

export type Role = (typeof ROLES)[number];

/** The settings that make roles. */
export interface RoleSettings {
  workersEnabled: boolean;
  /** By `workflow:<queue>` and `activity:<queue>`. */
  workers: Readonly<Record<string, { enabled: boolean }>>;
  mayLead: boolean;
  relayEnabled: boolean;
  schedulerEnabled: boolean;
}

/** Roles and served queues of an instance with these settings. Schedules are fired by the leader, so only who may lead fires any. */
export function rolesOf(settings: RoleSettings): { roles: Role[]; queues: string[] } {
  const served = Object.entries(settings.workers).filter(([, { enabled }]) => enabled);
  const queues = settings.workersEnabled ? served.map(([queue]) => queue).sort() : [];
  const has: Record<Role, boolean> = {
    api: true,
    worker: queues.length > 0,
    "leader-eligible": settings.mayLead,
    relay: settings.relayEnabled,
    scheduler: settings.mayLead && settings.schedulerEnabled,
  };
  return { roles: ROLES.filter((role) => has[role]), queues };
}

/** Built-in values of profiles: `web` serves requests and does no background work (spec: cluster §1). */
const PROFILES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  web: {
    "dt.dex-engine.leader-election.enabled": "false",
    "dt.dex-engine.workers.enabled": "false",
    "dt.notification.outbox-relay.enabled": "false",
    "dt.task-scheduler.enabled": "false",
  },
};

/** Undefined for a profile the program brings no values for. */
export function profileDefaults(profile: string): ReadonlyMap<string, string> | undefined {
  const values = Object.hasOwn(PROFILES, profile) ? PROFILES[profile] : undefined;
  return values === undefined ? undefined : new Map(Object.entries(values));
}

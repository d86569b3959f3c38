import type { ClusterState } from "./cluster-state.ts";
import { ROLES } from "./roles.ts";

export type InstanceState = "starting" | "ready" | "draining" | "gone";

/** An instance as its row tells, with its age by the database's clock. */
export interface InstanceRow {
  id: string;
  version: string;
  build: string;
  profile: string | null;
  host: string;
  roles: readonly string[];
  queues: readonly string[];
  state: InstanceState;
  startedAt: Date;
  heartbeatAgeMs: number;
  heartbeats: number;
  intervalMs: number;
  lapseMs: number;
  /** Since it was found to be gone; null while it is not. */
  goneForMs: number | null;
  goneBy: string | null;
  leader: boolean;
  inFlight: number;
  gateEpoch: number;
  /** Further members for people; each may be missing. */
  detail: { apiPort?: number | undefined; eventLoopLagMs?: number | undefined };
}

/** Whether the cluster keeps every role and queue without an instance. */
export interface SafeToStop {
  safe: boolean;
  reasons: string[];
}

export type WarningCode =
  | "role-unserved"
  | "queue-unserved"
  | "mixed-versions"
  | "heartbeat-late"
  | "leader-without-schedules"
  | "upgrade-unfinished";

/** An upgrade that is going on: versions may be mixed, and nothing new is used yet. */
export interface UpgradeWindow {
  targetVersion: string;
  ageMs: number;
  /** It has been open for longer than anybody planned. */
  isLong: boolean;
}

export interface ClusterWarning {
  code: WarningCode;
  message: string;
}

/** The cluster as one look at its rows shows it. */
export interface ClusterView {
  instances: (InstanceRow & { safeToStop: SafeToStop })[];
  /** Instances that are not gone, by version. */
  versions: { version: string; instances: number }[];
  mixedVersions: boolean;
  leader: string | undefined;
  /** Ready instances with a fresh heartbeat. */
  roles: { role: string; instances: number }[];
  queues: { queue: string; instances: number }[];
  warnings: ClusterWarning[];
}

/** A heartbeat is fresh for this many intervals: who is killed stops to count long before the lapse. */
const FRESH_INTERVALS = 3;
const HOUR_MS = 3_600_000;

/** Ready and beating: one that others may rely on. */
function isServing(row: InstanceRow): boolean {
  return row.state === "ready" && !isLate(row);
}

/** Not gone, and its last heartbeat, by the database's clock, within its lapse time. */
export function isHeardOf({ state, heartbeatAgeMs, lapseMs }: InstanceRow): boolean {
  return state !== "gone" && heartbeatAgeMs <= lapseMs;
}

/** The window of an upgrade, if one is open; long when older than `warnMs`, which 0 rules out. */
export function windowOf(state: ClusterState | undefined, warnMs: number): UpgradeWindow | undefined {
  if (state?.targetVersion == null || state.windowAgeMs === null) return undefined;
  const { targetVersion, windowAgeMs: ageMs } = state;
  return { targetVersion, ageMs, isLong: warnMs > 0 && ageMs > warnMs };
}

function isLate({ heartbeatAgeMs, intervalMs, lapseMs }: InstanceRow): boolean {
  return heartbeatAgeMs > Math.min(lapseMs, FRESH_INTERVALS * intervalMs);
}

/** Counts, warnings and what may be stopped; `queuesKnown` are the queues somebody has to serve. */
export function viewCluster(
  rows: readonly InstanceRow[],
  queuesKnown: readonly string[],
  window?: UpgradeWindow,
): ClusterView {
  const present = rows.filter(({ state }) => state !== "gone");
  const serving = present.filter(isServing);
  const roles = ROLES.map((role) => ({ role, instances: countOf(serving, ({ roles: own }) => own.includes(role)) }));
  const queues = [...new Set([...queuesKnown, ...serving.flatMap(({ queues: own }) => own)])]
    .sort()
    .map((queue) => ({ queue, instances: countOf(serving, ({ queues: own }) => own.includes(queue)) }));
  const names = [...new Set(present.map(({ version }) => version))].sort();
  const versions = names.map((version) => ({ version, instances: countOf(present, (row) => row.version === version) }));
  const leader = leaderOf(present);
  return {
    instances: rows.map((row) => ({ ...row, safeToStop: safeToStop(row, serving) })),
    versions,
    mixedVersions: versions.length > 1,
    leader: leader?.id,
    roles,
    queues,
    warnings: [
      ...roles.filter(isUnserved).map(({ role }) => warn("role-unserved", `no ready instance has the role ${role}`)),
      ...queues
        .filter(isUnserved)
        .map(({ queue }) => warn("queue-unserved", `no ready instance serves the queue ${queue}`)),
      ...(names.length > 1 ? [warn("mixed-versions", `instances of several versions run: ${names.join(", ")}`)] : []),
      ...present.filter(isLate).map(lateWarning),
      ...leaderWarnings(leader, roles),
      ...(window?.isLong ? [windowWarning(window)] : []),
    ],
  };
}

/**
 * Safe when another serving instance has each role and serves each queue of this one. Work in flight is no reason against it: it
 * is finished or handed back within the grace period.
 */
export function safeToStop(row: InstanceRow, serving: readonly InstanceRow[]): SafeToStop {
  if (row.state === "gone") return { safe: true, reasons: [] };
  const others = serving.filter(({ id }) => id !== row.id);
  if (others.length === 0) return { safe: false, reasons: ["no other instance is ready"] };
  const rolesLost = row.roles.filter((role) => !others.some(({ roles }) => roles.includes(role)));
  const queuesLost = row.queues.filter((queue) => !others.some(({ queues }) => queues.includes(queue)));
  const reasons = [
    ...rolesLost.map((role) => `no other ready instance has the role ${role}`),
    ...queuesLost.map((queue) => `no other ready instance serves the queue ${queue}`),
  ];
  return { safe: reasons.length === 0, reasons };
}

/** At a hand-over two may say that they lead; the one that spoke last is right. */
function leaderOf(present: readonly InstanceRow[]): InstanceRow | undefined {
  return present.filter(({ leader }) => leader).toSorted((a, b) => a.heartbeatAgeMs - b.heartbeatAgeMs)[0];
}

function leaderWarnings(leader: InstanceRow | undefined, roles: ClusterView["roles"]): ClusterWarning[] {
  if (leader === undefined || leader.roles.includes("scheduler")) return [];
  if (!roles.some(({ role, instances }) => role === "scheduler" && instances > 0)) return [];
  const message = `${leader.id} leads and fires no schedules; switch them on for every instance that may lead, or for none`;
  return [warn("leader-without-schedules", message)];
}

function lateWarning({ id, heartbeatAgeMs }: InstanceRow): ClusterWarning {
  return warn("heartbeat-late", `${id} has not been heard of for ${Math.round(heartbeatAgeMs / 1000)} s`);
}

function windowWarning({ targetVersion, ageMs }: UpgradeWindow): ClusterWarning {
  const hours = Math.floor(ageMs / HOUR_MS);
  return warn(
    "upgrade-unfinished",
    `the upgrade to ${targetVersion} was begun ${hours} h ago and is not finalized; finish it or go back`,
  );
}

function warn(code: WarningCode, message: string): ClusterWarning {
  return { code, message };
}

function isUnserved({ instances }: { instances: number }): boolean {
  return instances === 0;
}

function countOf(rows: readonly InstanceRow[], holds: (row: InstanceRow) => boolean): number {
  return rows.filter(holds).length;
}

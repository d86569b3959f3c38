/** Clusters as a look at their database would show them, for tests of what is concluded from that. */
import type { ReleaseManifest } from "../manifest/manifest.ts";
import type { CheckSettings } from "../rules/check.ts";
import type { ClusterFacts, InstanceFacts, LockFacts, UpgradeFacts } from "../rules/facts.ts";

export const HOUR_MS = 3_600_000;

function migration(id: string, release: string, rest: Partial<ReleaseManifest["migrations"][number]> = {}) {
  return { component: "app", id, phase: "expand", level: "additive", checksum: id, release, ...rest } as const;
}

export const a = migration("202601010000__a", "1.0.0");
export const b = migration("202602010000__b", "1.1.0");
export const bEnd = migration("202602010001__b_end", "1.1.0", { phase: "contract", level: "breaking" });
export const c = migration("202603010000__c", "1.2.0");

/** The build that asks: 1.1.0, which may run beside 1.0.0. */
export const manifest: ReleaseManifest = {
  format: 1,
  version: "1.1.0",
  minBesideVersion: "1.0.0",
  releases: [
    { version: "1.0.0", minBesideVersion: "1.0.0" },
    { version: "1.1.0", minBesideVersion: "1.0.0" },
  ],
  migrations: [a, b, bEnd],
  backfills: [{ name: "fill-b", release: "1.1.0" }],
  gates: [],
  workflows: [{ name: "import-bom", steps: [] }],
};

/** The one after it. */
export const next: ReleaseManifest = {
  ...manifest,
  version: "1.2.0",
  minBesideVersion: "1.1.0",
  releases: [...manifest.releases, { version: "1.2.0", minBesideVersion: "1.1.0" }],
  migrations: [a, b, bEnd, c],
};

export const settings: CheckSettings = { backupAgeMaxMs: 24 * HOUR_MS, lockMaxMs: 1_000, supervised: false };

export function applied(one: typeof a, version: string, rest: Partial<UpgradeFacts["applied"][number]> = {}) {
  const { component, id, phase, checksum } = one;
  return { component, id, phase, checksum, state: "done", version, ...rest } as const;
}

export function instance(id: string, rest: Partial<InstanceFacts> = {}): InstanceFacts {
  return {
    id,
    version: "1.0.0",
    host: "host",
    roles: ["api", "worker", "leader-eligible", "relay", "scheduler"],
    queues: [],
    state: "ready",
    leader: false,
    inFlight: 0,
    heartbeatAgeMs: 1_000,
    intervalMs: 10_000,
    lapseMs: 60_000,
    gateEpoch: 0,
    ...rest,
  };
}

export const web = (id: string, rest: Partial<InstanceFacts> = {}) => instance(id, { roles: ["api"], ...rest });

export const cluster: ClusterFacts = {
  minJoinVersion: "0.0.0",
  finalizedVersion: "1.0.0",
  targetVersion: null,
  windowAgeMs: null,
  finalizeStep: null,
  epoch: 0,
};

/** Two instances of 1.0.0, finalized, with a fresh backup: ready to go to 1.1.0. */
export const ready: UpgradeFacts = {
  applied: [applied(a, "1.0.0")],
  cluster,
  instances: [instance("one"), instance("two")],
  migrationLock: undefined,
  locks: [],
  backfills: [],
  backups: { takenAgeMs: HOUR_MS, verifiedTakenAgeMs: HOUR_MS },
  openGates: [],
  openRuns: [{ workflow: "import-bom", runs: 3 }],
  stuckRuns: [],
};

export const underWay: Partial<UpgradeFacts> = {
  applied: [applied(a, "1.0.0"), applied(b, "1.1.0")],
  cluster: { ...cluster, targetVersion: "1.1.0", windowAgeMs: HOUR_MS },
  instances: [instance("one"), instance("two", { version: "1.1.0" })],
};

/** 1.1.0 everywhere and finalized. */
export const arrived: Partial<UpgradeFacts> = {
  applied: [applied(a, "1.0.0"), applied(b, "1.1.0"), applied(bEnd, "1.1.0")],
  cluster: { ...cluster, finalizedVersion: "1.1.0", minJoinVersion: "1.1.0" },
  instances: [instance("one", { version: "1.1.0" }), instance("two", { version: "1.1.0" })],
};

export const lock: LockFacts = {
  component: "app",
  migration: b.id,
  line: 3,
  table: "public.component",
  lockMode: "ACCESS EXCLUSIVE",
  rows: 10_000_000,
  bytes: 4e9,
  blocksReads: true,
  blocksWrites: true,
  estimatedMs: 8_000,
  basis: "reads the table",
};

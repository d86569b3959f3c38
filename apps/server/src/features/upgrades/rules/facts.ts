/**
 * What one look at a database shows of the cluster that uses it. Ages are in milliseconds by the database's clock. What a database
 * from before a table existed cannot tell is empty, not unknown.
 */
export interface UpgradeFacts {
  /** Migrations of both components that were run or begun; none: nothing was ever installed here. */
  applied: readonly AppliedFacts[];
  /** Undefined before the first instance has joined. */
  cluster: ClusterFacts | undefined;
  /** Instances the registry lists, those that are gone left out. */
  instances: readonly InstanceFacts[];
  /** Who migrates at this moment. */
  migrationLock: MigrationLockFacts | undefined;
  /** What the migrations that are still to be run lock, and for how long at the sizes tables have now. */
  locks: readonly LockFacts[];
  backfills: readonly BackfillFacts[];
  backups: BackupFacts;
  /** Names of the gates that finalized upgrades have opened. */
  openGates: readonly string[];
  /** Open runs of workflows, by name, those without any left out. */
  openRuns: readonly OpenRunsFacts[];
  /** Runs of workflows and activities whose lease ended long ago, by name. */
  stuckRuns: readonly StuckRunsFacts[];
}

export interface AppliedFacts {
  component: string;
  id: string;
  phase: "expand" | "contract";
  /** `running`: begun and not finished. */
  state: "running" | "done";
  checksum: string;
  /** Of the build that ran it. */
  version: string;
}

export interface ClusterFacts {
  minJoinVersion: string;
  /** Null before the first instance has joined. */
  finalizedVersion: string | null;
  /** The version the cluster is on its way to; null when no upgrade is going on. */
  targetVersion: string | null;
  /** Since the first instance of the target joined. */
  windowAgeMs: number | null;
  /** What finalizing does next; null when it is not going on. */
  finalizeStep: string | null;
  epoch: number;
}

export interface InstanceFacts {
  id: string;
  version: string;
  host: string;
  roles: readonly string[];
  queues: readonly string[];
  state: "starting" | "ready" | "draining";
  leader: boolean;
  inFlight: number;
  heartbeatAgeMs: number;
  intervalMs: number;
  lapseMs: number;
  /** The epoch it has acknowledged. */
  gateEpoch: number;
}

export interface MigrationLockFacts {
  host: string | null;
  pid: number | null;
  version: string | null;
  ageMs: number | null;
}

/** One statement of a migration that is still to be run. */
export interface LockFacts {
  component: string;
  migration: string;
  line: number;
  /** Null when it cannot be told what is locked. */
  table: string | null;
  lockMode: string | null;
  /** As last counted; null when never counted. */
  rows: number | null;
  /** With indexes. */
  bytes: number | null;
  blocksReads: boolean;
  blocksWrites: boolean;
  /** For how long the lock is held; null when it cannot be told. */
  estimatedMs: number | null;
  /** How the time was estimated, for people. */
  basis: string;
}

export interface BackfillFacts {
  name: string;
  release: string;
  status: "PENDING" | "RUNNING" | "PAUSED" | "DONE" | "FAILED";
  rowsDone: number;
  rowsEstimated: number;
  /** Measured over the last minute; null while it does not run. */
  rowsPerS: number | null;
  lastError: string | null;
}

/** Since the newest one was taken; null when there is none. */
export interface BackupFacts {
  takenAgeMs: number | null;
  /** Of those that were restored on trial and found whole, or that an operator vouches for. */
  verifiedTakenAgeMs: number | null;
}

export interface OpenRunsFacts {
  workflow: string;
  /** Counted up to a limit. */
  runs: number;
}

export interface StuckRunsFacts {
  /** Of the workflow or the activity. */
  name: string;
  queue: string;
  runs: number;
  /** Since the oldest of the leases ended. */
  expiredMs: number;
}

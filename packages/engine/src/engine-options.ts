import type { Activity } from "./authoring/activity.ts";
import type { EngineLog } from "./authoring/log.ts";
import type { Workflow } from "./authoring/workflow.ts";
import type { CronTask } from "./leadership/cron.ts";
import type { RetentionOptions } from "./maintenance/duties.ts";
import { FAIRNESS, type Fairness } from "./store/claim.ts";
import type { EngineDatabase } from "./store/database.ts";
import type { RunKind } from "./store/run-row.ts";

/** A queue this program knows. It is created with this capacity when absent; afterwards operators own it. */
export interface QueueOption {
  readonly name: string;
  readonly kind: RunKind;
  /** RUNNING runs at most, across the cluster; default 1000. */
  readonly capacity?: number;
}

/** How an engine is put together. Omitted parts have the defaults of `ENGINE_DEFAULTS`. */
export interface EngineOptions<Tx> {
  readonly database: EngineDatabase<Tx>;
  /** `id` is unique per process; both show in the history of every run. */
  readonly instance: { readonly id: string; readonly version: string };
  readonly log: EngineLog;
  readonly workflows: readonly Workflow<unknown, unknown>[];
  readonly activities: readonly Activity<unknown, unknown, Tx>[];
  readonly queues: readonly QueueOption[];
  readonly workers?: {
    readonly enabled?: boolean;
    /** By queue name, or by `workflow:name` and `activity:name` where both kinds have the name. */
    readonly perQueue?: Readonly<Record<string, { readonly concurrency: number; readonly enabled?: boolean }>>;
  };
  readonly leaderElection?: { readonly enabled?: boolean; readonly leaseMs?: number; readonly checkMs?: number };
  readonly lease?: { readonly leaseMs?: number; readonly beatMs?: number };
  /** Crashes in a row, without a newly recorded step, after which a run is FAILED instead of taken over once more. */
  readonly takeOversMax?: number;
  readonly cron?: readonly CronTask<Tx>[];
  readonly retention?: Partial<RetentionOptions>;
  /** Head-room for urgent work, and turns for what waits long. */
  readonly fairness?: Partial<Fairness>;
  readonly polling?: { readonly intervalMs?: number; readonly maxMs?: number };
  readonly buffer?: { readonly flushMs?: number; readonly itemsMax?: number };
  /**
   * False: nothing is claimed, cron does not fire, and leadership is neither taken nor kept. Asked before each of these, so it
   * must answer at once. What is claimed already goes on. Default: always true.
   */
  mayClaim?(): boolean;
  /** Answers `ctx.gate(name)`; default: every gate is closed. */
  gate?(name: string): Promise<boolean>;
}

/** Values used for what options omit. */
export const ENGINE_DEFAULTS = {
  queueCapacity: 1000,
  concurrency: 25,
  leaderElection: { enabled: true, leaseMs: 30_000, checkMs: 15_000 },
  lease: { leaseMs: 30_000, beatMs: 10_000 },
  takeOversMax: 3,
  retention: { runRetentionMs: 86_400_000, intervalMs: 1_800_000, batchSize: 1000, batchesMax: 100 },
  fairness: FAIRNESS,
  polling: { intervalMs: 100, maxMs: 3000 },
  buffer: { flushMs: 5, itemsMax: 200 },
} as const;

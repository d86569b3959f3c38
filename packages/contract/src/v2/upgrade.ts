import { z } from "zod";
import { backfillResponse } from "./backfills.ts";

/** Why something about an upgrade is not possible now, and what to do. */
export const upgradeRefusal = z.object({ code: z.string(), message: z.string(), cure: z.string() });

/** Something finalizing asks for. MET; NOT_YET: waiting, or its cure, helps; REFUSED: it stays as it is, however long one waits. */
export const upgradeCondition = z.object({
  code: z.string(),
  verdict: z.enum(["MET", "NOT_YET", "REFUSED"]),
  /** What was found, with names and numbers. */
  message: z.string(),
  /** Absent when it is met. */
  cure: z.string().optional(),
});

/** See upgradeCondition. */
export type UpgradeCondition = z.output<typeof upgradeCondition>;

const upgradeInstance = z.object({
  id: z.string(),
  version: z.string(),
  state: z.enum(["STARTING", "READY", "DRAINING"]),
  /** It has taken over the epoch of the cluster. */
  acknowledged: z.boolean(),
});

const upgradeGate = z.object({
  name: z.string(),
  release: z.string(),
  open: z.boolean(),
  opened_at: z.number().optional(),
});

/** The upgrade of a cluster: `GET /v2/internal/upgrade`. Times are epoch milliseconds, ages by the database's clock. */
export const upgradeResponse = z.object({
  /** Of the instance that answers. */
  version: z.string(),
  /** NONE: the cluster is at its finalized version; OPEN: an upgrade is going on and may be taken back; FINALIZING: it ends. */
  state: z.enum(["NONE", "OPEN", "FINALIZING"]),
  finalized_version: z.string().optional(),
  target_version: z.string().optional(),
  min_join_version: z.string(),
  epoch: z.number().int(),
  window_opened_at: z.number().optional(),
  window_age_ms: z.number().optional(),
  /** What finalizing does next. */
  finalize_step: z.string().optional(),
  changed_by: z.string().optional(),
  changed_at: z.number(),
  /** Those that are not gone. */
  instances: z.array(upgradeInstance),
  /** Of this build, and others that are open. */
  gates: z.array(upgradeGate),
  backfills: z.array(backfillResponse),
  migrations: z.object({
    applied: z.number().int(),
    /** Of this build; contract files run when the upgrade is finalized. */
    pending: z.array(z.object({ component: z.string(), id: z.string(), phase: z.enum(["expand", "contract"]) })),
  }),
  /** What is in the way of finalizing. */
  guards: z.array(upgradeRefusal),
  /**
   * Everything finalizing asks for, with its verdict: of beginning it, or when it has begun, of what is waited for. Empty when no
   * upgrade is going on. Servers from before it was told leave it out.
   */
  conditions: z.array(upgradeCondition).optional(),
});

/** See upgradeResponse. */
export type UpgradeResponse = z.output<typeof upgradeResponse>;

/** An upgrade was taken back: `POST /v2/internal/upgrade/rollback`. */
export const rollbackResponse = z.object({
  /** The version the cluster is back at, and the one it was on its way to. */
  version: z.string(),
  from: z.string(),
  paused_backfills: z.array(z.string()),
  /** Instances to be replaced by `version`, in this order. */
  order: z.array(z.object({ id: z.string(), version: z.string(), role: z.enum(["WEB", "WORKER"]) })),
});

/** See rollbackResponse. */
export type RollbackResponse = z.output<typeof rollbackResponse>;

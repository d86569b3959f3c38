import { z } from "zod";

/** Whether every role and queue keeps an instance when this one stops; the reasons if not. */
const safeToStop = z.object({ safe: z.boolean(), reasons: z.array(z.string()) });

/** One instance; times are epoch milliseconds, ages by the database's clock. */
export const clusterInstance = z.object({
  id: z.string(),
  version: z.string(),
  /** As `uuid` of `GET /api/version`. */
  build: z.string(),
  profile: z.string().optional(),
  host: z.string(),
  roles: z.array(z.string()),
  /** Served queues, `workflow:<name>` and `activity:<name>`. */
  queues: z.array(z.string()),
  /** GONE instances stopped to beat and were removed; they are listed for an hour. */
  state: z.enum(["STARTING", "READY", "DRAINING", "GONE"]),
  started_at: z.number(),
  heartbeat_age_ms: z.number(),
  in_flight: z.number().int(),
  leader: z.boolean(),
  api_port: z.number().int().optional(),
  /** The longest time its event loop was blocked between its last two beats. */
  event_loop_lag_ms: z.number().optional(),
  safe_to_stop: safeToStop,
});

/** See clusterInstance. */
export type ClusterInstance = z.output<typeof clusterInstance>;

/** Something about the cluster that somebody should see to. */
export const clusterWarning = z.object({
  code: z.enum([
    "role-unserved",
    "queue-unserved",
    "mixed-versions",
    "heartbeat-late",
    "leader-without-schedules",
    "upgrade-unfinished",
  ]),
  message: z.string(),
});

/** The cluster as its instances tell: `GET /v2/internal/cluster`. */
export const clusterResponse = z.object({
  /** In the order they started. */
  instances: z.array(clusterInstance),
  /** Instances by version, without those that are GONE. */
  versions: z.array(z.object({ version: z.string(), instances: z.number().int() })),
  mixed_versions: z.boolean(),
  leader: z.string().optional(),
  /** READY instances with a fresh heartbeat, by role and by queue. */
  roles: z.array(z.object({ role: z.string(), instances: z.number().int() })),
  queues: z.array(z.object({ queue: z.string(), instances: z.number().int() })),
  warnings: z.array(clusterWarning),
  /** Instances of older versions are refused. */
  min_join_version: z.string(),
  finalized_version: z.string().optional(),
  /** The version of an upgrade that is going on, and since when; absent when none is. */
  target_version: z.string().optional(),
  window_opened_at: z.number().optional(),
  epoch: z.number().int(),
});

/** See clusterResponse. */
export type ClusterResponse = z.output<typeof clusterResponse>;

import { z } from "zod";
import { pageOf } from "./paging.ts";

const RATE_MAX = 1_000_000;

/** PENDING: waits for an instance that knows it. */
const backfillStatus = z.enum(["PENDING", "RUNNING", "PAUSED", "DONE", "FAILED"]);

/** Path of a backfill. */
export const backfillPath = z.object({ name: z.string().regex(/^\P{Cc}*$/u) });

/** A change of many rows to a release's new shape, made while the cluster serves. Times are epoch milliseconds. */
export const backfillResponse = z.object({
  name: z.string(),
  /** The upgrade to this release is not finalized before it is done. */
  release: z.string(),
  status: backfillStatus,
  pause_reason: z.string().optional(),
  rows_done: z.number().int(),
  /** From statistics, when it was first known. */
  rows_estimated: z.number().int(),
  /** Most rows per second; without it the server's own limit holds. */
  rows_per_second_max: z.number().int().optional(),
  /** Over about the last minute. */
  rows_per_second: z.number().optional(),
  /** How many times longer it rests than planned, because others waited. */
  slowdown: z.number(),
  /** At the present speed, in milliseconds from now. */
  eta_ms: z.number().int().optional(),
  /** The run that does it. */
  run_id: z.string().optional(),
  last_error: z.string().optional(),
  created_at: z.number(),
  started_at: z.number().optional(),
  updated_at: z.number(),
  finished_at: z.number().optional(),
  /** When it was last counted that no row is left in the old shape. */
  verified_at: z.number().optional(),
});

/** See {@link backfillResponse}. */
export type BackfillResponse = z.output<typeof backfillResponse>;

/** All backfills, those of older releases first. */
export const listBackfillsResponse = z.object({ items: z.array(backfillResponse), ...pageOf });

/** See {@link listBackfillsResponse}. */
export type ListBackfillsResponse = z.output<typeof listBackfillsResponse>;

/** Body of `PATCH /v2/internal/backfills/{name}`; what is left out stays. */
export const updateBackfillRequest = z
  .object({
    /** False also lets one go on that has failed. */
    paused: z.boolean().optional(),
    /** Null: the server's own limit. */
    rows_per_second_max: z.int().min(1).max(RATE_MAX).nullable().optional(),
  })
  .refine((update) => update.paused !== undefined || update.rows_per_second_max !== undefined, {
    path: ["paused"],
    message: "give paused, rows_per_second_max, or both",
  });

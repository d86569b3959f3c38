import { z } from "zod";
import { pageOf } from "./paging.ts";

const CAPACITY_MAX = 1_000_000;

/** What a queue holds: runs of workflows or of activities. */
const taskQueueType = z.preprocess(
  (value) => (typeof value === "string" ? value.toUpperCase() : value),
  z.enum(["WORKFLOW", "ACTIVITY"]),
);

const taskQueueStatus = z.enum(["ACTIVE", "PAUSED"]);

/** Path of the queues of a type. */
export const taskQueuesPath = z.object({ type: taskQueueType });

/** Path of a queue. */
export const taskQueuePath = taskQueuesPath.extend({ name: z.string().regex(/^\P{Cc}*$/u) });

/** A queue of the cluster; times are epoch milliseconds. `running` is Evertrack's own. */
export const taskQueue = z.object({
  name: z.string(),
  status: taskQueueStatus,
  /** Runs at a time, across all instances. */
  capacity: z.number().int(),
  /** Runs that are due and wait for a place; counted up to 100000. */
  depth: z.number().int(),
  running: z.number().int(),
  created_at: z.number(),
  updated_at: z.number().optional(),
});

/** See taskQueue. */
export type TaskQueue = z.output<typeof taskQueue>;

/** Page of queues, by name. */
export const listTaskQueuesResponse = z.object({ items: z.array(taskQueue), ...pageOf });

/** Page of queues, as data. */
export type ListTaskQueuesResponse = z.output<typeof listTaskQueuesResponse>;

/** Body of `PATCH /v2/internal/task-queues/{type}/{name}`; what is left out stays. */
export const updateTaskQueueRequest = z
  .object({ status: taskQueueStatus.optional(), capacity: z.int().min(1).max(CAPACITY_MAX).optional() })
  .refine((update) => update.status !== undefined || update.capacity !== undefined, {
    path: ["status"],
    message: "give a status, a capacity, or both",
  });

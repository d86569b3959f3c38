import type { EngineClient } from "@evertrack/engine";
import { type Activity, activityRef, defineActivity, defineWorkflow, type Workflow } from "@evertrack/engine/authoring";
import { Cron } from "croner";
import { z } from "zod";
import type { Tx } from "../db/index.ts";

/** Something that happens on a schedule, once per cluster and firing. Five cron fields, UTC; a sixth in front means seconds. */
export interface ScheduledRun {
  name: string;
  schedule: string;
  /** Starts a run in the transaction that records the firing. */
  start(tx: Tx, client: EngineClient<Tx>, firing: Date): Promise<void>;
  /** Starts a run to begin after the delay, if it is overdue; asked when the cluster starts, possibly more than once. */
  atStart?(tx: Tx, client: EngineClient<Tx>, delayMs: number): Promise<void>;
}

/** Upkeep that needs no workflow of its own: idempotent, bounded, stops at its abort signal. */
export interface HousekeepingTask {
  name: string;
  schedule: string;
  run(signal: AbortSignal): Promise<void>;
  /** Whether there is anything to do; without it a firing always starts a run. For tasks that fire often: one cheap look. */
  isDue?(tx: Tx): Promise<boolean>;
}

const housekeepingInput = z.object({ task: z.string() });
type HousekeepingInput = z.output<typeof housekeepingInput>;

const HOUSEKEEPING_TIMEOUT_MS = 3_600_000;
const housekeepingActivity = activityRef<HousekeepingInput, null>("housekeeping", {
  queue: "default",
  timeoutMs: HOUSEKEEPING_TIMEOUT_MS,
});

/** One run per firing of a housekeeping task; a task never overlaps itself. */
export const housekeepingWorkflow: Workflow<HousekeepingInput, null> = defineWorkflow({
  name: "housekeeping",
  input: (raw) => housekeepingInput.parse(raw),
  run: (context, input) => context.activity(housekeepingActivity, input),
});

/** Runs the named task; one this version does not know (any more) is left alone. */
export function housekeepingWork(tasks: readonly HousekeepingTask[]): Activity<HousekeepingInput, null, Tx> {
  return defineActivity({
    name: "housekeeping",
    input: (raw) => housekeepingInput.parse(raw),
    async execute(context, { task }) {
      const known = tasks.find(({ name }) => name === task);
      if (known === undefined) context.log.warn({ task }, "housekeeping task is not known to this version");
      await known?.run(context.signal);
      return null;
    },
  });
}

/** The schedule entry of a housekeeping task. */
export function scheduled(task: HousekeepingTask): ScheduledRun {
  return {
    name: task.name,
    schedule: task.schedule,
    async start(tx, client) {
      if (task.isDue !== undefined && !(await task.isDue(tx))) return;
      await client.startRun(tx, housekeepingWorkflow, { task: task.name }, { instanceId: `housekeeping:${task.name}` });
    },
  };
}

/** Time between the next two firings of a schedule, in milliseconds. */
export function periodOf(schedule: string): number {
  const [first, second] = new Cron(schedule, { paused: true, timezone: "UTC" }).nextRuns(2);
  return first === undefined || second === undefined ? Number.MAX_SAFE_INTEGER : second.getTime() - first.getTime();
}

import { type BackfillInput, backfillInput } from "@evertrack/contract/runs/backfills";
import { activityRef, defineWorkflow, type Workflow } from "@evertrack/engine/authoring";

/** How a slice of batches ended. */
export interface SliceEnd {
  /** Whether another slice is to follow. */
  readonly more: boolean;
  /** After this long. */
  readonly restMs: number;
}

/** Longer than a slice works, with a batch at its end that waits for locks. */
const SLICE_TIMEOUT_MS = 60_000;

/** About four minutes of failures in a row are a failure that does not go away by itself. */
export const SLICE_RETRY = { initialMs: 2_000, factor: 2, jitter: 0.3, maxMs: 120_000, attemptsMax: 8 };

/**
 * The workflow and the activity of each backfill have a name of their own, so that only instances that know the backfill claim
 * it: those of the release before, which run beside them, do not.
 */
export function backfillRunName(name: string): string {
  return `backfill:${name}`;
}

/** Slice after slice, each in a generation of its own, so that the run stays small however long it goes on. */
export function backfillWorkflow(name: string): Workflow<BackfillInput, null> {
  const slice = activityRef<BackfillInput, SliceEnd>(backfillRunName(name), {
    queue: "default",
    retry: SLICE_RETRY,
    timeoutMs: SLICE_TIMEOUT_MS,
  });
  return defineWorkflow({
    name: backfillRunName(name),
    input: (raw) => backfillInput.parse(raw),
    async run(context, input): Promise<null> {
      const { more, restMs } = await context.activity(slice, input, { key: "batches" });
      if (!more) return null;
      if (restMs > 0) await context.sleep("rest", restMs);
      return context.continueAsNew(input);
    },
  });
}

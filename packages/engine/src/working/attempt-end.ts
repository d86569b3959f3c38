import type { ClaimedRun } from "../store/claim.ts";
import type { RunEnd } from "../store/end-runs.ts";
import { toJson } from "../store/json.ts";
import { storedError } from "./failures.ts";

/** How one attempt of a run ended in this process. */
export type AttemptEnd =
  | { readonly kind: "completed"; readonly output: unknown }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "retry"; readonly error: unknown; readonly delayMs: number }
  | { readonly kind: "suspended"; readonly dueMs: number | null; readonly wakes: number; readonly awaiting: number }
  | { readonly kind: "continued"; readonly inputJson: string | null }
  | { readonly kind: "cancelled" }
  | { readonly kind: "handedBack" }
  | { readonly kind: "lost" };

/** Ends that are written with the others in one statement. */
export type WrittenEnd = Exclude<AttemptEnd, { kind: "lost" } | { kind: "continued" }>;

/** The row's new state. An output that cannot be stored fails the run. */
export function runEndOf(run: ClaimedRun, end: WrittenEnd): RunEnd {
  try {
    return { ...blank(run), ...stateOf(run, end) };
  } catch (error) {
    return { ...blank(run), ...stateOf(run, { kind: "failed", error }) };
  }
}

function blank(run: ClaimedRun): Omit<RunEnd, "status" | "outcome"> {
  return {
    runId: run.id,
    fence: run.fence,
    parentId: run.parentId,
    outputJson: null,
    errorJson: null,
    waiting: null,
    delayMs: null,
    dueMs: null,
    wakes: null,
    awaiting: null,
  };
}

function stateOf(run: ClaimedRun, end: WrittenEnd): Pick<RunEnd, "status" | "outcome"> & Partial<RunEnd> {
  switch (end.kind) {
    case "completed":
      return { status: "COMPLETED", outcome: "COMPLETED", outputJson: toJson(end.output, `the output of ${run.name}`) };
    case "failed":
      return { status: "FAILED", outcome: "FAILED", errorJson: errorJson(end.error) };
    case "retry":
      return {
        status: "SUSPENDED",
        outcome: "RETRY",
        errorJson: errorJson(end.error),
        waiting: "time",
        delayMs: end.delayMs,
      };
    case "suspended":
      return {
        status: "SUSPENDED",
        outcome: "SUSPENDED",
        waiting: "event",
        dueMs: end.dueMs,
        wakes: end.wakes,
        awaiting: end.awaiting,
      };
    case "cancelled":
      return { status: "CANCELLED", outcome: "CANCELLED" };
    case "handedBack":
      return { status: "SUSPENDED", outcome: "HANDED_BACK" };
  }
}

function errorJson(error: unknown): string | null {
  return toJson(storedError(error), "an error");
}

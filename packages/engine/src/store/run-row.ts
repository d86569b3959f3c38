/** A run's state. The last three are terminal. */
export type RunStatus = "CREATED" | "RUNNING" | "SUSPENDED" | "CANCELLED" | "COMPLETED" | "FAILED";

/** What a run executes: workflow code, or one activity. */
export type RunKind = "workflow" | "activity";

/** No further transition follows. */
export function isTerminal(status: RunStatus): boolean {
  return status === "COMPLETED" || status === "FAILED" || status === "CANCELLED";
}

import { type EngineClient, type RunSummary, UnknownStep } from "@evertrack/engine";
import type { Tx } from "../../../platform/db/index.ts";
import { AppError, InvalidRequest, type Principal } from "../../../platform/http/index.ts";
import type { Log } from "../../../platform/log/log.ts";
import { requireRun } from "../queries/workflow-runs.ts";

/** What an operator may do to a run. */
export type RunAction = "cancel" | "suspend" | "resume" | "retry";

interface Operation {
  action: RunAction;
  runId: string;
  /** Retry: the step to repeat from. */
  fromStep?: string | undefined;
  principal: Principal;
}

/** Does it, or says with 404 or 409 why not. Who did what is logged. */
export async function operateRun(client: EngineClient<Tx>, log: Log, operation: Operation): Promise<void> {
  const { action, runId, fromStep, principal } = operation;
  const done = await perform(client, operation);
  if (!done) throw new AppError("run-state-conflict", whyNot(action, await requireRun(client, runId), fromStep));
  log.info({ action, runId, fromStep, by: principal.name }, "an operator changed the course of a run");
}

async function perform(client: EngineClient<Tx>, { action, runId, fromStep }: Operation): Promise<boolean> {
  if (action !== "retry") return client[action](runId);
  try {
    return await client.retry(runId, fromStep === undefined ? {} : { fromStep });
  } catch (error) {
    if (!(error instanceof UnknownStep)) throw error;
    const message = "the run has no recorded step or child of this name";
    throw new InvalidRequest([{ path: "from_step", message, messageTemplate: "invalid", invalidValue: fromStep }]);
  }
}

function whyNot(action: RunAction, run: RunSummary, fromStep: string | undefined): string {
  const hasEnded = run.finishedAtMs !== null;
  if (action === "resume") return hasEnded ? `The run has ended (${run.status}).` : "The run is not held.";
  if (action !== "retry") return `The run has ended (${run.status}); there is nothing to ${action}.`;
  if (run.parentId !== null) return "Only a run that no other run started can be retried; retry the one at the top.";
  if (!hasEnded) return `The run has not ended (${run.status}).`;
  if (run.status === "COMPLETED" && fromStep === undefined)
    return "The run has COMPLETED; name the step to repeat it from (from_step).";
  return `Another run with the instance id ${run.instanceId ?? ""} is active.`;
}

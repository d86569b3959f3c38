import { type IdentifyInternalInput, identifyInternalInput } from "@evertrack/contract/runs/components";
import { activityRef, defineWorkflow } from "@evertrack/engine/authoring";

/** A portfolio of millions of components takes minutes. */
const TIMEOUT_MS = 3_600_000;

const identifyAll = activityRef<IdentifyInternalInput, number>("identify-internal-components", {
  queue: "default",
  timeoutMs: TIMEOUT_MS,
});

/** Only one pass over the portfolio at a time. */
export const IDENTIFY_INTERNAL_INSTANCE = "identify-internal-components";

/** Tells of every component of the portfolio anew whether it is internal; the result is how many changed. */
export const identifyInternal = defineWorkflow<IdentifyInternalInput, number>({
  name: "identify-internal-components",
  input: (raw) => identifyInternalInput.parse(raw),
  run: (context, input) => context.activity(identifyAll, input),
});

import { type IdentifyInternalInput, identifyInternalInput } from "@evertrack/contract/runs/components";
import { defineActivity } from "@evertrack/engine/authoring";
import type { Tx } from "../../../platform/db/index.ts";
import { applyInternalRule } from "../commands/identify-internal.ts";
import type { ComponentsDeps } from "../deps.ts";
import { currentInternalRule } from "../internal-rule.ts";

/** Applies the rule for internal components to the whole portfolio. */
export function identifyInternalActivity(deps: ComponentsDeps) {
  return defineActivity<IdentifyInternalInput, number, Tx>({
    name: "identify-internal-components",
    input: (raw) => identifyInternalInput.parse(raw),
    async execute(context) {
      const changed = await applyInternalRule(deps.database, await currentInternalRule(deps), context.signal);
      context.signal.throwIfAborted();
      context.log.info({ changed }, "internal components identified");
      return changed;
    },
  });
}

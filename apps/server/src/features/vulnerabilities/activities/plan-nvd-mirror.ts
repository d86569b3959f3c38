import { type NvdMirrorInput, nvdMirrorInput } from "@evertrack/contract/v2/vuln-data-sources";
import { type Activity, defineActivity, Terminal } from "@evertrack/engine/authoring";
import type { Clock } from "../../../platform/clock/clock.ts";
import type { Database, Tx } from "../../../platform/db/index.ts";
import { readNvdConfig } from "../queries/nvd-config.ts";
import { nvdFeeds } from "../rules/nvd-feed.ts";

/** What a run has to read, in this order. */
export interface NvdPlan {
  feeds: string[];
}

interface PlanDeps {
  database: Database;
  clock: Clock;
}

/** Names the feeds; a data source that was switched off in the meantime ends the run. */
export function planNvdMirror({ database, clock }: PlanDeps): Activity<NvdMirrorInput, NvdPlan, Tx> {
  return defineActivity({
    name: "plan-nvd-mirror",
    input: (raw) => nvdMirrorInput.parse(raw),
    async execute(_ctx, input) {
      const { enabled } = await readNvdConfig(database.db);
      if (!enabled) throw new Terminal('the vulnerability data source "nvd" is not enabled');
      return { feeds: input.feeds ?? nvdFeeds(clock.now().getUTCFullYear()) };
    },
  });
}

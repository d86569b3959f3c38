import { type NvdMirrorInput, nvdMirrorInput } from "@evertrack/contract/v2/vuln-data-sources";
import { activityRef, defineWorkflow, RunFailed, Terminal } from "@evertrack/engine/authoring";
import type { NvdFeedReport } from "../activities/mirror-nvd-feed.ts";
import type { NvdPlan } from "../activities/plan-nvd-mirror.ts";

const FEED_TIMEOUT_MS = 3_600_000;

const planNvdMirror = activityRef<NvdMirrorInput, NvdPlan>("plan-nvd-mirror", { queue: "default" });
const mirrorNvdFeed = activityRef<{ feed: string }, NvdFeedReport>("mirror-nvd-feed", {
  queue: "default",
  timeoutMs: FEED_TIMEOUT_MS,
});

/** What became of each feed. */
export type NvdReport = Record<string, NvdFeedReport>;

/**
 * Mirrors NVD, one feed after the other. A feed that fails does not keep the next ones from being mirrored; the run fails at its end
 * and says which did. Feeds a data source does not have are passed over, unless it has none.
 */
export const mirrorNvd = defineWorkflow<NvdMirrorInput, NvdReport>({
  name: "mirror-nvd",
  input: (raw) => nvdMirrorInput.parse(raw),
  async run(ctx, input) {
    const { feeds } = await ctx.activity(planNvdMirror, input);
    const report: NvdReport = {};
    const failures: string[] = [];
    for (const feed of feeds) {
      try {
        report[feed] = await ctx.activity(mirrorNvdFeed, { feed }, { key: `mirror-nvd-feed:${feed}` });
      } catch (error) {
        if (!(error instanceof RunFailed)) throw error;
        failures.push(error.failure.message);
      }
    }
    if (failures.length > 0) throw new Terminal(failures.join("; "));
    if (Object.values(report).every(({ outcome }) => outcome === "absent"))
      throw new Terminal("the data source has no feed of NVD (json/cve/2.0/nvdcve-2.0-<year>.json.gz)");
    return report;
  },
});

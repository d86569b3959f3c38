import { kevDataSourcePath } from "@evertrack/contract/v2/kev-data-sources";
import { activityRef, defineWorkflow } from "@evertrack/engine/authoring";
import type { KevFeedReport } from "../activities/mirror-kev-feed.ts";

const FEED_TIMEOUT_MS = 600_000;

const mirrorKevFeed = activityRef<{ name: string }, KevFeedReport>("mirror-kev-feed", {
  queue: "default",
  timeoutMs: FEED_TIMEOUT_MS,
});

/** Only one mirror of a source runs at a time. */
export function kevMirrorInstanceId(name: string): string {
  return `mirror-kev-data-source:${name}`;
}

/** Mirrors a list of known exploited vulnerabilities. */
export const mirrorKevDataSource = defineWorkflow<{ name: string }, KevFeedReport>({
  name: "mirror-kev-data-source",
  input: (raw) => kevDataSourcePath.parse(raw),
  run: (ctx, { name }) => ctx.activity(mirrorKevFeed, { name }),
});

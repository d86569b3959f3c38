import { type MirrorEpssInput, mirrorEpssInput } from "@evertrack/contract/runs/mirror-epss";
import { activityRef, defineWorkflow } from "@evertrack/engine/authoring";
import type { EpssReport } from "../activities/mirror-epss-scores.ts";

const SCORES_TIMEOUT_MS = 1_800_000;

const mirrorEpssScores = activityRef<MirrorEpssInput, EpssReport>("mirror-epss-scores", {
  queue: "default",
  timeoutMs: SCORES_TIMEOUT_MS,
});

/** Mirrors the scores of EPSS. */
export const mirrorEpss = defineWorkflow<MirrorEpssInput, EpssReport>({
  name: "mirror-epss",
  input: (raw) => mirrorEpssInput.parse(raw),
  run: (ctx) => ctx.activity(mirrorEpssScores, {}),
});

import { type GithubMirrorInput, githubMirrorInput } from "@evertrack/contract/v2/vuln-data-sources";
import { activityRef, defineWorkflow } from "@evertrack/engine/authoring";
import type { GithubReport } from "../activities/mirror-github-advisories.ts";

const TIMEOUT_MS = 3_600_000;
/** Each attempt goes on where the one before had to stop, so many limits in a row are overcome. */
const ATTEMPTS_MAX = 12;

const mirrorGithubAdvisories = activityRef<GithubMirrorInput, GithubReport>("mirror-github-advisories", {
  queue: "default",
  timeoutMs: TIMEOUT_MS,
  retry: { attemptsMax: ATTEMPTS_MAX },
});

/** Mirrors GitHub's advisories. */
export const mirrorGithub = defineWorkflow<GithubMirrorInput, GithubReport>({
  name: "mirror-github",
  input: (raw) => githubMirrorInput.parse(raw),
  run: (ctx, input) => ctx.activity(mirrorGithubAdvisories, input),
});

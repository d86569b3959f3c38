import { error, isTest, lineAt, sourcesOf, type TidyRule } from "../repository.ts";
import { withoutComments } from "../source-text.ts";

const workflows = /^apps\/server\/src\/features\/[^/]+\/(?:(?:.*\/)?workflows(?:\/|\.ts$)|workflows-[^/]+\.ts$)/;
const notDeterministic =
  /\bMath\s*\.\s*random\b|\bDate\b(?=\s*[.(])|\bset(?:Timeout|Interval|Immediate)\s*\(|\bfetch\s*\(|\bprocess\s*\.|\bcrypto\s*\.|\bperformance\s*\.|\brandomUUID\s*\(/g;

/** A workflow re-runs from the top and must take the same way again: no time, no chance, no timers, no network. */
export const workflowDeterminism: TidyRule = {
  name: "workflow-determinism",
  check(repository) {
    return sourcesOf(repository)
      .filter((path) => workflows.test(path) && !isTest(path))
      .flatMap((path) => {
        const text = withoutComments(repository.read(path));
        return [...text.matchAll(notDeterministic)].map(({ 0: found, index }) =>
          error(
            path,
            `${found.trim()} gives another answer on the next run; use the workflow context`,
            lineAt(text, index),
          ),
        );
      });
  },
};

import type { ReleaseManifest } from "../manifest/manifest.ts";
import { checkInstances } from "./check-instances.ts";
import { checkSafety } from "./check-safety.ts";
import { checkSchema } from "./check-schema.ts";
import { checkVersions } from "./check-versions.ts";
import type { UpgradeFacts } from "./facts.ts";
import { type Reason, type Verdict, verdictOf } from "./reasons.ts";
import { type Situation, situationOf } from "./situation.ts";

/** What the operator decides. */
export interface CheckSettings {
  /** A verified backup may be this old; 0 = none is asked for. */
  backupAgeMaxMs: number;
  /** A statement may keep others from a table for this long. */
  lockMaxMs: number;
  /** `evertrack up` runs the instances: it replaces a single one without interruption. */
  supervised: boolean;
}

/** Whether a rolling upgrade to a build is possible. */
export interface CheckResult {
  verdict: Verdict;
  /** One sentence for people. */
  summary: string;
  situation: Situation;
  /** Against it; empty exactly when the verdict is 0. */
  reasons: Reason[];
  /** Worth knowing; changes no verdict. */
  advice: Reason[];
}

/** Judges the upgrade to the build of this manifest by what the database shows. Pure. */
export function checkUpgrade(facts: UpgradeFacts, manifest: ReleaseManifest, settings: CheckSettings): CheckResult {
  const situation = situationOf(facts, manifest);
  const found =
    situation.stage === "first-install"
      ? []
      : [
          ...checkVersions(facts, manifest, situation),
          ...checkSchema(facts, manifest, situation, settings.lockMaxMs),
          ...checkInstances(situation, settings.supervised),
          ...checkSafety(facts, manifest, situation, settings.backupAgeMaxMs),
        ];
  const verdict = verdictOf(found);
  return {
    verdict,
    summary: summaryOf(situation, verdict),
    situation,
    reasons: found.filter((one) => one.verdict !== 0),
    advice: found.filter((one) => one.verdict === 0),
  };
}

function summaryOf({ stage, from, to, living }: Situation, verdict: Verdict): string {
  if (stage === "first-install") return `No instance ever ran on this database: any start of ${to} installs it.`;
  if (stage === "current" && verdict === 0) return `Everything is at ${to}; there is nothing to do.`;
  if (stage === "current" && verdict === 5) return `Everything is at ${to}, but not all of it is done.`;
  const way = stage === "back" ? `Going back to ${to}` : `The upgrade from ${from ?? "an unknown version"} to ${to}`;
  if (verdict === 3) return `${way} is not possible while instances serve.`;
  if (verdict === 5) return `${way} is not possible yet.`;
  if (stage === "under-way") return `${way} is under way: go on, one instance at a time.`;
  if (living.length === 0) return `${way} is possible; no instance runs.`;
  return `${way} is possible, one instance at a time.`;
}

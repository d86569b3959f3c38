import type { ReleaseManifest } from "../manifest/manifest.ts";
import type { BackfillFacts, StuckRunsFacts, UpgradeFacts } from "./facts.ts";
import { type Reason, reason } from "./reasons.ts";
import { isOlder, type Situation } from "./situation.ts";

const HOUR_MS = 3_600_000;

/** Reasons that lie in what would be lost or left: backups, backfills, runs. */
export function checkSafety(
  facts: UpgradeFacts,
  manifest: ReleaseManifest,
  { stage, to, living }: Situation,
  backupAgeMaxMs: number,
): Reason[] {
  if (stage !== "forward" && stage !== "under-way") return [];
  return [
    ...(stage === "forward" && backupAgeMaxMs > 0 ? backup(facts, backupAgeMaxMs) : []),
    ...facts.backfills.filter(({ release, status }) => status !== "DONE" && isOlder(release, to)).map(unfinished),
    ...unknownRuns(facts, manifest),
    // Where nobody runs, whoever starts next takes them over.
    ...(living.length === 0 ? [] : facts.stuckRuns.map(stuck)),
  ];
}

function backup({ backups: { takenAgeMs, verifiedTakenAgeMs } }: UpgradeFacts, ageMaxMs: number): Reason[] {
  const limit = `${hours(ageMaxMs)} h`;
  const cure =
    "Run `evertrack backup`. Who backs up in another way says so after a trial restore: `evertrack backup confirm`.";
  if (verifiedTakenAgeMs !== null && verifiedTakenAgeMs <= ageMaxMs) return [];
  if (takenAgeMs === null) return [reason("backup-missing", "no backup is known", cure)];
  if (takenAgeMs <= ageMaxMs)
    return [
      reason(
        "backup-unverified",
        `the backup of ${hours(takenAgeMs)} h ago was not restored on trial, or was found faulty`,
        "Run `evertrack backup verify <file>`, or take another with `evertrack backup`.",
      ),
    ];
  const age = verifiedTakenAgeMs ?? takenAgeMs;
  return [reason("backup-stale", `the newest verified backup is ${hours(age)} h old; ${limit} are allowed`, cure)];
}

function hours(ms: number): string {
  return (ms / HOUR_MS).toFixed(ms < 10 * HOUR_MS ? 1 : 0).replace(/\.0$/, "");
}

function unfinished({ name, release, status, rowsDone, rowsEstimated, lastError }: BackfillFacts): Reason {
  const progress = `${rowsDone} of about ${rowsEstimated} rows done`;
  const why = lastError === null ? "" : `; last error: ${lastError}`;
  const go =
    status === "PAUSED" || status === "FAILED" ? `Run \`evertrack backfills resume ${name}\`, then wait` : "Wait";
  return reason(
    "backfill-unfinished",
    `backfill ${name} of ${release} is ${status}: ${progress}${why}`,
    `${go}: \`evertrack upgrade status\` shows its progress.`,
  );
}

function unknownRuns({ openRuns }: UpgradeFacts, { workflows, version }: ReleaseManifest): Reason[] {
  const known = new Set(workflows.map(({ name }) => name));
  return openRuns
    .filter(({ workflow }) => !known.has(workflow))
    .map(({ workflow, runs }) =>
      reason(
        "unknown-runs",
        `${runs} open runs of the workflow ${workflow}, which ${version} does not know`,
        `Let them end, or cancel them: \`evertrack runs list --name ${workflow}\`, \`evertrack runs cancel <run>\`.`,
      ),
    );
}

function stuck({ name, queue, runs, expiredMs }: StuckRunsFacts): Reason {
  return reason(
    "stuck-runs",
    `${runs} runs of ${name} belong to nobody for ${Math.round(expiredMs / 1000)} s, and nobody takes them over`,
    `See that an instance leads and one works on the queue ${queue} (\`evertrack cluster status\`); start one if none does, then check again.`,
  );
}

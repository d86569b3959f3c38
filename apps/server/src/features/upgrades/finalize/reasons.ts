/** Why finalizing or going back is not possible now. */
export interface UpgradeRefusal {
  code:
    | "other-build"
    | "older-instance"
    | "backfill-unfinished"
    | "expand-pending"
    | "no-rights"
    | "not-acknowledged"
    | "runs-behind-gate"
    | "finalize-begun"
    | "unknown-runs"
    | "unknown-release";
  /** What was found, with names and numbers. */
  message: string;
  /** What to do: an instruction. */
  cure: string;
}

/** Waiting does not cure these. */
const FINAL: readonly UpgradeRefusal["code"][] = ["other-build", "no-rights", "finalize-begun", "unknown-release"];

/** The refusal stays however long one waits. */
export function isFinal({ code }: UpgradeRefusal): boolean {
  return FINAL.includes(code);
}

export function otherBuild(version: string, targetVersion: string): UpgradeRefusal {
  return {
    code: "other-build",
    message: `the cluster is on its way to ${targetVersion}, and this program is ${version}`,
    cure: `Finalize with version ${targetVersion}.`,
  };
}

export function olderInstance(id: string, version: string, targetVersion: string): UpgradeRefusal {
  return {
    code: "older-instance",
    message: `the instance ${id} still runs version ${version}`,
    cure: `Replace it by version ${targetVersion}, or stop it; one that was killed leaves the list after its lapse time.`,
  };
}

export function unfinishedBackfill(name: string, status: string, remaining: number | null): UpgradeRefusal {
  const rows = remaining === null ? "" : `, ${remaining} rows are left`;
  return {
    code: "backfill-unfinished",
    message: `the backfill ${name} is not finished (${status}${rows})`,
    cure: `Wait until \`evertrack backfills list\` shows it DONE; one that is PAUSED or FAILED goes on with \`evertrack backfills resume ${name}\`.`,
  };
}

export function pendingExpand(names: readonly string[]): UpgradeRefusal {
  return {
    code: "expand-pending",
    message: `migrations of this version have not run: ${names.join(", ")}`,
    cure: "Run `evertrack migrate` first.",
  };
}

export function missingRights(component: string): UpgradeRefusal {
  return {
    code: "no-rights",
    message: `the data source of the ${component} migrations may not change its tables`,
    cure: "Finalize where `dt.init-tasks.datasource.name` names a data source of the role that owns the tables.",
  };
}

export function notAcknowledged(ids: readonly string[], epoch: number, waitedMs: number): UpgradeRefusal {
  return {
    code: "not-acknowledged",
    message: `${ids.join(", ")} did not acknowledge epoch ${epoch} within ${Math.round(waitedMs / 1000)} s`,
    cure: "See why that instance is busy or silent, restart it if need be, and finalize again: it goes on from there.",
  };
}

export function runsBehindGate(runs: number, gates: readonly string[], waitedMs: number): UpgradeRefusal {
  return {
    code: "runs-behind-gate",
    message: `${runs} runs began before ${gates.join(", ")} opened and have not ended within ${Math.round(waitedMs / 1000)} s`,
    cure: "Wait until they have ended (`evertrack runs list`), or cancel them, and finalize again: it goes on from there.",
  };
}

export function finalizeBegun(targetVersion: string, finalizedVersion: string): UpgradeRefusal {
  return {
    code: "finalize-begun",
    message: `finalizing the upgrade to ${targetVersion} has begun, and no instance of ${finalizedVersion} may join any more`,
    cure: "See it through with `evertrack upgrade finalize`; the way back is a restored backup.",
  };
}

export function unknownRuns(workflow: string, runs: number, version: string): UpgradeRefusal {
  return {
    code: "unknown-runs",
    message: `${runs} runs of ${workflow} have not ended, and version ${version} does not know that workflow`,
    cure: `Wait until they have ended, or cancel them: \`evertrack runs list --name ${workflow}\`, \`evertrack runs cancel <run>\`.`,
  };
}

export function unknownRelease(version: string, finalizedVersion: string): UpgradeRefusal {
  return {
    code: "unknown-release",
    message: `this program, ${version}, does not know what ${finalizedVersion} knows`,
    cure: `Use the program of version ${finalizedVersion}, or of the version the upgrade was to.`,
  };
}

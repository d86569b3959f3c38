/**
 * Which files a run of a phase takes, and what it refuses.
 *
 *   expand    beside instances of the release before: every start, and the one-shot process
 *   contract  once no such instance is left: the end of an upgrade, and nothing else
 *
 * A contract file of a release takes away what builds up to that release still used. So:
 * - contract waits for every expand file;
 * - what a later release adds behind a contract file waits for that file, and with it for the end of the earlier upgrade;
 * - a database that never belonged to a build up to that release has nobody to wait for: contract files of earlier releases run
 *   in the order of their names among the expand files, as they did for everybody else.
 */

import type { MigrationErrorCode } from "./error-code.ts";
import type { MigrationFile, Phase } from "./files.ts";
import type { AppliedMigration } from "./history.ts";
import { compareReleases } from "./release-order.ts";

/** Which files a look at a database is about. */
export type RunPhase = Phase | "all";

/** Why a run of this phase would fail at once, with nothing changed. */
export type Refusal = { code: Extract<MigrationErrorCode, "expand-pending" | "contract-pending">; message: string };

/** What a run of a phase applies, in order; with a refusal it applies nothing of it. */
export type PhasePlan = { pending: MigrationFile[]; refusal?: Refusal };

/** `version`: of the build whose files these are; without it no release counts as earlier. */
export function planPhase(
  phase: RunPhase,
  files: readonly MigrationFile[],
  history: ReadonlyMap<string, AppliedMigration>,
  version: string | undefined,
): PhasePlan {
  const open = files.filter((file) => history.get(file.id)?.state !== "done");
  if (phase === "all") return { pending: open };
  return phase === "contract" ? planContract(open) : planExpand(open, [...history.values()], version);
}

/**
 * Why a build of this version could not bring a schema up to date that has these migrations, whoever applied them: a question to a
 * backup, whose database is not there yet.
 */
export function refusalToContinue(
  files: readonly MigrationFile[],
  applied: ReadonlySet<string>,
  version: string,
): Refusal | undefined {
  const open = files.filter(({ id }) => !applied.has(id));
  return planBehind(
    open,
    (file) => isOfEarlierRelease(file, version),
    () => applied.size > 0,
  ).refusal;
}

function planContract(open: MigrationFile[]): PhasePlan {
  const pending = open.filter((file) => file.phase === "contract");
  const earlier = open.filter((file) => file.phase === "expand");
  if (pending.length === 0 || earlier.length === 0) return { pending };
  const message = `the contract files ${idsOf(pending)} cannot run before the expand files ${idsOf(earlier)}`;
  return { pending, refusal: { code: "expand-pending", message } };
}

function planExpand(open: MigrationFile[], applied: AppliedMigration[], version: string | undefined): PhasePlan {
  return planBehind(
    open,
    (file) => isOfEarlierRelease(file, version),
    (file) => mayBeUsed(file, applied),
  );
}

/** `owed`: of the contract files of earlier releases those that wait for the end of their release's upgrade. */
function planBehind(
  open: MigrationFile[],
  earlier: (file: MigrationFile) => boolean,
  owed: (file: MigrationFile) => boolean,
): PhasePlan {
  const first = open.find((file) => earlier(file) && owed(file));
  const pending = open.filter((file) => file.phase === "expand" || (earlier(file) && !owed(file)));
  const behind = first === undefined ? [] : pending.filter(({ id }) => id > first.id);
  if (first === undefined || behind.length === 0) return { pending };
  const message =
    `the upgrade to ${first.contractOf} was not finalized: its contract file ${first.id} is pending, ` +
    `and ${idsOf(behind)} of a later release need it`;
  return { pending, refusal: { code: "contract-pending", message } };
}

function isOfEarlierRelease({ phase, contractOf }: MigrationFile, version: string | undefined): boolean {
  if (phase !== "contract" || contractOf === undefined || version === undefined) return false;
  return (compareReleases(contractOf, version) ?? 0) < 0;
}

/** True when a build up to that release may have worked on this database: it left its version in the history. */
function mayBeUsed({ contractOf = "" }: MigrationFile, applied: AppliedMigration[]): boolean {
  return applied.some(({ version }) => (compareReleases(version, contractOf) ?? 0) <= 0);
}

function idsOf(files: readonly MigrationFile[]): string {
  return files.map(({ id }) => id).join(", ");
}

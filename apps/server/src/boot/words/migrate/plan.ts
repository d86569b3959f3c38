import type { ExplainedPlan, FileEstimate, LockEstimate, StatementEstimate } from "@evertrack/migrator";

const STATEMENT_SHOWN_CHARS = 72;

/** As `migrate --plan --json` prints it. */
export function publicPlan(version: string, plans: readonly ExplainedPlan[]) {
  return {
    version,
    components: plans.map(({ component, level, next, refusal, estimates }) => ({
      component,
      level,
      next,
      refusal: refusal ?? null,
      pending: estimates,
    })),
  };
}

/** As `migrate --plan` prints it. */
export function planLines(version: string, plans: readonly ExplainedPlan[]): string[] {
  if (plans.every(({ pending }) => pending.length === 0)) return [`Nothing is pending for version ${version}.`];
  return plans.flatMap(({ component, level, estimates, next, refusal }) => [
    `${component}: ${estimates.length} pending${estimates.length > 0 ? `, ${level}` : ""}`,
    ...(refusal ? [`  REFUSED: ${refusal.message}`] : []),
    ...estimates.flatMap((file) => fileLines(file, next.includes(file.id))),
  ]);
}

function fileLines({ id, phase, level, transactional, statements }: FileEstimate, next: boolean): string[] {
  const how = transactional ? "one transaction" : "statement by statement";
  const when = next ? "next run" : "when the upgrade is finalized";
  return [`  ${id}: ${phase}, ${level}, ${how}, ${when}`, ...statements.flatMap(statementLines)];
}

function statementLines({ line, text, locks }: StatementEstimate): string[] {
  const shown = text.replace(/\s+/g, " ");
  const short = shown.length > STATEMENT_SHOWN_CHARS ? `${shown.slice(0, STATEMENT_SHOWN_CHARS - 1)}…` : shown;
  return [`    line ${line}: ${short}`, ...locks.map((lock) => `      ${lockText(lock)}`)];
}

function lockText(lock: LockEstimate): string {
  if (lock.lockMode === null) return `lock unknown: ${lock.basis}`;
  const rows = lock.rows === null ? "never counted" : `${Math.round(lock.rows)} rows`;
  const time = lock.estimatedMs === null ? "for an unknown time" : `for about ${lock.estimatedMs} ms`;
  return `${lock.lockMode} on ${lock.table ?? "?"} (${rows}, ${mebibytes(lock.bytes)}) ${time}, ${waitersOf(lock)} (${lock.basis})`;
}

function waitersOf({ blocksReads, blocksWrites, lockMode }: LockEstimate): string {
  if (blocksReads) return "readers and writers wait";
  if (!blocksWrites) return "nobody waits";
  return lockMode === "ROW EXCLUSIVE" ? "writers of the same rows wait" : "writers wait";
}

function mebibytes(bytes: number | null): string {
  const MIB = 1024 * 1024;
  return `${((bytes ?? 0) / MIB).toFixed(1)} MiB`;
}

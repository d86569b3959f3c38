import type { MigrationStatus } from "@evertrack/migrator";
import { publicLock } from "./lock.ts";

/** As `migrate --status --json` prints it. */
export function publicStatus(version: string, states: readonly MigrationStatus[]) {
  const [first] = states;
  return {
    version,
    components: states.map(({ component, applied, pending, unfinished, ahead, level }) => ({
      component,
      applied,
      pending: pending.map(({ id, phase, level }) => ({ id, phase, level })),
      level,
      unfinished,
      ahead,
    })),
    lock: first === undefined ? null : publicLock(first.lock),
  };
}

/** As `migrate --status` prints it: what is applied last, everything that is not. */
export function statusLines(version: string, states: readonly MigrationStatus[]): string[] {
  return [`Migrations of version ${version}:`, ...states.flatMap(componentLines)];
}

function componentLines({ component, applied, pending, unfinished, ahead }: MigrationStatus): string[] {
  const done = applied.filter(({ state }) => state === "done");
  const latest = done.at(-1);
  const open = pending.filter(({ id }) => !unfinished.includes(id));
  return [
    `  ${component}: ${done.length} applied, ${pending.length} pending${ahead.length > 0 ? `, ${ahead.length} unknown` : ""}`,
    ...(latest ? [`    latest      ${latest.id} by ${latest.version}, ${latest.appliedAt.toISOString()}`] : []),
    ...applied
      .filter(({ id }) => unfinished.includes(id))
      .map(({ id, version, appliedAt }) => `    unfinished  ${id} by ${version}, begun ${appliedAt.toISOString()}`),
    ...open.map(({ id, phase }) => `    pending     ${id} (${phase})`),
    ...applied
      .filter(({ id }) => ahead.includes(id))
      .map(({ id, version, appliedAt }) => `    unknown     ${id} by ${version}, ${appliedAt.toISOString()}`),
  ];
}

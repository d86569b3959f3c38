import { setTimeout as delay } from "node:timers/promises";

const CONFLICT_TRIES_MAX = 5;
const CONFLICT_PAUSE_MS = 10;

/** The SQLSTATE of a database error. */
export function sqlStateOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** The statement lost against another one (deadlock, serialization) and may simply run again. */
export function isConflict(error: unknown): boolean {
  const code = sqlStateOf(error);
  return code === "40P01" || code === "40001";
}

/** The data of the statement is at fault (class 22, 23, 54: limits), so repeating it is pointless. */
export function isDataFault(error: unknown): boolean {
  return /^(22|23|54)/.test(sqlStateOf(error) ?? "");
}

/** Runs a statement again while it loses against others, at most 5 times. */
export async function retryConflicts<T>(statement: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await statement();
    } catch (error) {
      if (attempt >= CONFLICT_TRIES_MAX || !isConflict(error)) throw error;
      await delay(CONFLICT_PAUSE_MS * attempt * (0.5 + Math.random()));
    }
  }
}

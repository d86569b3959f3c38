import type { SqlExecutor } from "./database.ts";

/** A transaction whose process sends nothing for this long is ended by the server, so a stopped process frees its locks. */
export const IDLE_IN_TRANSACTION_MAX_MS = 60_000;

/** Bounds how long a transaction may idle; transaction-local, so a pooler does not mind. */
export async function guardTransaction(executor: SqlExecutor, idleMaxMs = IDLE_IN_TRANSACTION_MAX_MS): Promise<void> {
  await executor.query(
    `/* engine.guardTransaction */ select set_config('idle_in_transaction_session_timeout', $1, true)`,
    [String(idleMaxMs)],
  );
}

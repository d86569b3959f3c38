/**
 * The engine's view of a database: one executor that commits by itself, and transactions whose type belongs to the caller, so
 * that runs are started in the product's own transactions. Nothing here depends on session state.
 */
import type pg from "pg";

/** Runs one statement with positional parameters. */
export interface SqlExecutor {
  query<R extends object>(text: string, values?: readonly unknown[]): Promise<{ rows: R[]; rowCount: number }>;
}

/** The database as the engine needs it. */
export interface EngineDatabase<Tx> {
  /** Backed by a pool; every statement commits by itself. */
  readonly executor: SqlExecutor;
  /** Commits when `fn` resolves, rolls back when it rejects. */
  transaction<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
  executorOf(tx: Tx): SqlExecutor;
  /** Calls `fn` once the transaction has committed. Without it the engine looks for new work shortly after each start. */
  afterCommit?(tx: Tx, fn: () => void): void;
}

/** An engine database on a plain pool, for tests and benches. The transaction is its own executor. */
export function pgEngineDatabase(pool: pg.Pool): EngineDatabase<SqlExecutor> {
  pool.on("error", () => undefined); // an idle connection was lost; the pool opens another one
  const hooks = new WeakMap<SqlExecutor, (() => void)[]>();
  return {
    executor: executorOver(pool),
    executorOf: (tx) => tx,
    afterCommit: (tx, fn) => hooks.get(tx)?.push(fn),
    async transaction(fn) {
      const client = await pool.connect();
      const tx = executorOver(client);
      hooks.set(tx, []);
      let lost: Error | undefined;
      const noteLoss = (error: Error) => {
        lost = error;
      };
      client.on("error", noteLoss);
      try {
        await client.query("begin");
        const result = await fn(tx);
        await client.query("commit");
        for (const hook of hooks.get(tx) ?? []) hook();
        return result;
      } catch (error) {
        await client.query("rollback").catch(noteLoss);
        throw error;
      } finally {
        client.off("error", noteLoss);
        client.release(lost);
      }
    },
  };
}

function executorOver(client: pg.Pool | pg.PoolClient): SqlExecutor {
  return {
    async query<R extends object>(text: string, values: readonly unknown[] = []) {
      const result = await client.query<R>(text, [...values]);
      return { rows: result.rows, rowCount: result.rowCount ?? 0 };
    },
  };
}

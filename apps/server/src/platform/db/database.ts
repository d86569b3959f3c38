import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { Log } from "../log/log.ts";
import { isSerializationConflict } from "./errors.ts";
import { type Db, kyselyOver, type SqlExecutor, type Tx } from "./executor.ts";
import type { DataSourceSettings } from "./settings.ts";
import { runStatement } from "./statement.ts";

const CONFLICT_RETRIES_MAX = 5;
const CONFLICT_BACKOFF_MS = 20;
const INT8_OID = 20;

const afterCommitHooks = new WeakMap<object, (() => void)[]>();

/** Calls `hook` once the transaction has committed, and never when it rolls back. */
export function afterCommit(tx: Tx, hook: () => void): void {
  const hooks = afterCommitHooks.get(tx);
  if (hooks === undefined) throw new Error("this is not an open transaction");
  hooks.push(hook);
}

/** A pool of connections to one PostgreSQL data source. Holds no session state, so it works behind a transaction-mode pooler. */
export class Database {
  readonly db: Db;
  readonly executor: SqlExecutor;
  readonly #pool: pg.Pool;
  readonly #queryTimeoutMs: number;
  readonly #log: Log;

  constructor(settings: DataSourceSettings, log: Log) {
    this.#log = log;
    this.#pool = createPool(settings, log);
    this.#queryTimeoutMs = settings.queryTimeoutMs;
    this.executor = executorOver((text, values) => runStatement(this.#pool, text, values, this.#queryTimeoutMs));
    this.db = kyselyOver(this.executor);
  }

  /**
   * Runs `work` in one transaction and commits. Deadlocks and serialization conflicts are tried again (at most 5 times),
   * so `work` has no effect outside the transaction. Statements end after the data source's query timeout.
   */
  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(work);
      } catch (error) {
        if (attempt > CONFLICT_RETRIES_MAX || !isSerializationConflict(error)) throw error;
        await delay(CONFLICT_BACKOFF_MS * attempt * (0.5 + Math.random()));
      }
    }
  }

  /** Throws when no connection can be had or the server does not answer. */
  async ping(): Promise<void> {
    await this.#pool.query("select 1");
  }

  poolSize(): { total: number; idle: number; waiting: number } {
    return { total: this.#pool.totalCount, idle: this.#pool.idleCount, waiting: this.#pool.waitingCount };
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #once<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    let broken: Error | undefined;
    const noteLoss = (error: Error) => {
      broken = error;
    };
    client.on("error", noteLoss);
    try {
      await client.query(`begin; set local statement_timeout = ${this.#queryTimeoutMs}`);
      const tx = kyselyOver(executorOver((text, values) => client.query(text, values))) as Tx;
      const hooks: (() => void)[] = [];
      afterCommitHooks.set(tx, hooks);
      const result = await work(tx);
      await client.query("commit");
      this.#runHooks(hooks);
      return result;
    } catch (error) {
      await client.query("rollback").catch((lost: Error) => {
        broken = lost;
      });
      throw error;
    } finally {
      client.off("error", noteLoss);
      client.release(broken);
    }
  }

  /** What is committed stays committed: a hook that fails does not make the transaction look failed. */
  #runHooks(hooks: readonly (() => void)[]): void {
    for (const hook of hooks) {
      try {
        hook();
      } catch (error) {
        this.#log.error({ err: error }, "a hook after a commit failed");
      }
    }
  }
}

function createPool(settings: DataSourceSettings, log: Log): pg.Pool {
  const pool = new pg.Pool({
    connectionString: settings.url,
    max: settings.poolSizeMax,
    idleTimeoutMillis: settings.idleTimeoutMs,
    maxLifetimeSeconds: Math.ceil(settings.connectionLifetimeMs / 1000),
    connectionTimeoutMillis: settings.connectTimeoutMs,
    keepAlive: true,
    application_name: settings.applicationName,
    types: { getTypeParser: parserOf },
  });
  pool.on("error", (error) => log.warn({ err: error }, "an idle database connection was lost"));
  return pool;
}

/** Counts and ids (int8) become numbers: none of ours comes near 2^53. */
const parserOf: typeof pg.types.getTypeParser = ((oid: number, format?: "text" | "binary") =>
  oid === INT8_OID ? Number : pg.types.getTypeParser(oid, format as "text")) as typeof pg.types.getTypeParser;

type Run = (text: string, values: unknown[]) => Promise<pg.QueryResult>;

function executorOver(run: Run): SqlExecutor {
  return {
    async query<R extends object>(text: string, values: readonly unknown[] = []) {
      const result: pg.QueryResult<R> = await run(text, [...values]);
      return { rows: result.rows, rowCount: result.rowCount ?? 0 };
    },
  };
}

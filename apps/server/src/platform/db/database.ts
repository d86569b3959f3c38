import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { Log } from "../log/log.ts";
import { DatabaseUnreachable, isSerializationConflict } from "./errors.ts";
import { type Db, kyselyOver, type SqlExecutor, type Tx } from "./executor.ts";
import { cut, linkOf } from "./link.ts";
import { probe } from "./probe.ts";
import { Reachability } from "./reachability.ts";
import type { DataSourceSettings } from "./settings.ts";
import { runStatement } from "./statement.ts";

const CONFLICT_RETRIES_MAX = 5;
const CONFLICT_BACKOFF_MS = 20;
const INT8_OID = 20;
/** Past its time-out a statement has this long to be told so by the server. */
const TIMEOUT_ANSWER_MAX_MS = 5_000;
/** A probe of somebody's health check is soon repeated: better to say DOWN than to let it wait. */
const PING_MAX_MS = 1_500;
/** Connections are closed politely for this long. */
const CLOSE_MAX_MS = 2_000;

const afterCommitHooks = new WeakMap<object, (() => void)[]>();
const databases = new WeakMap<object, Database>();

/** Calls `hook` once the transaction has committed, and never when it rolls back. */
export function afterCommit(tx: Tx, hook: () => void): void {
  const hooks = afterCommitHooks.get(tx);
  if (hooks === undefined) throw new Error("this is not an open transaction");
  hooks.push(hook);
}

/** Whose transaction this is; undefined of anything that is none. */
export function databaseOf(tx: Tx): Database | undefined {
  return databases.get(tx);
}

/** A pool of connections to one PostgreSQL data source. Holds no session state, so it works behind a transaction-mode pooler. */
export class Database {
  readonly db: Db;
  readonly executor: SqlExecutor;
  readonly #pool: pg.Pool;
  readonly #queryTimeoutMs: number;
  readonly #log: Log;
  readonly #reachability: Reachability;
  /** Open connections, and how often the database had been silent when each was opened. */
  readonly #connections = new Map<pg.PoolClient, number>();

  constructor(settings: DataSourceSettings, log: Log) {
    this.#log = log;
    this.#pool = createPool(settings, log);
    this.#queryTimeoutMs = settings.queryTimeoutMs;
    const waitMaxMs = settings.queryTimeoutMs === 0 ? 0 : settings.queryTimeoutMs + TIMEOUT_ANSWER_MAX_MS;
    this.#reachability = new Reachability((backends) => probe(settings.url, backends), waitMaxMs, log);
    this.#pool.on("connect", (client) => this.#connections.set(client, this.#reachability.silences));
    this.#pool.on("remove", (client) => this.#connections.delete(client));
    this.executor = executorOver((text, values) => this.#statement(text, values));
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

  /**
   * Reads in one transaction that sees the database as it was at its first statement and can write nothing. `work` may
   * take long and read much; who calls bounds how many do so at once, since each holds a connection.
   */
  snapshot<T>(work: (db: Db) => Promise<T>): Promise<T> {
    return this.#once(work, "begin isolation level repeatable read read only");
  }

  /**
   * Throws when the database does not answer: to a ping of 1.5 s, nor to anything else meanwhile. A busy pool says nothing
   * about the server.
   */
  async ping(): Promise<void> {
    if (this.#reachability.silent) throw new DatabaseUnreachable("the database is silent");
    if (this.#pool.waitingCount > 0) return;
    const begunMs = performance.now();
    const limit = new AbortController();
    const late = delay(PING_MAX_MS, undefined, { signal: limit.signal, ref: false }).then(() => {
      if (!this.#reachability.answeredSince(begunMs)) throw new DatabaseUnreachable("no answer to a ping");
    });
    late.catch(() => undefined);
    const answer = this.#statement("select 1", []);
    answer.catch(() => undefined);
    await Promise.race([answer, late]).finally(() => limit.abort());
  }

  poolSize(): { total: number; idle: number; waiting: number } {
    return { total: this.#pool.totalCount, idle: this.#pool.idleCount, waiting: this.#pool.waitingCount };
  }

  /** Ends within two seconds, whether the server says goodbye or not. */
  async close(): Promise<void> {
    this.#reachability.close();
    const ended = this.#pool.end();
    await Promise.race([ended, delay(CLOSE_MAX_MS, undefined, { ref: false })]);
    for (const client of this.#connections.keys()) cut(client);
  }

  async #statement(text: string, values: readonly unknown[]): Promise<pg.QueryResult> {
    const client = await this.#checkOut();
    return runStatement({ client, reachability: this.#reachability }, text, values, this.#queryTimeoutMs);
  }

  /** A connection of the pool that is not from before a silence: such ones may be dead, and are dropped. */
  async #checkOut(): Promise<pg.PoolClient> {
    for (;;) {
      let connecting: Promise<pg.PoolClient> | undefined;
      const connect = () => (connecting = this.#pool.connect());
      const client = await this.#reachability.answered(connect).catch((error: unknown) => {
        // What was asked for still comes, and goes to nobody.
        connecting?.then((late) => late.release()).catch(() => undefined);
        throw error;
      });
      if (this.#connections.get(client) === this.#reachability.silences) return client;
      client.release(true);
    }
  }

  async #once<T>(work: (tx: Tx) => Promise<T>, begin = "begin"): Promise<T> {
    const client = await this.#checkOut();
    const link = linkOf(client);
    const query = (text: string, values: unknown[] = []) =>
      this.#reachability.answered(() => client.query(text, values), link);
    let broken: Error | undefined;
    const noteLoss = (error: Error) => {
      broken = error;
    };
    client.on("error", noteLoss);
    try {
      await query(`${begin}; set local statement_timeout = ${this.#queryTimeoutMs}`);
      const tx = kyselyOver(executorOver(query)) as Tx;
      const hooks: (() => void)[] = [];
      afterCommitHooks.set(tx, hooks);
      databases.set(tx, this);
      const result = await work(tx);
      await query("commit");
      this.#runHooks(hooks);
      return result;
    } catch (error) {
      if (error instanceof DatabaseUnreachable) broken = error;
      else
        await query("rollback").catch((lost: Error) => {
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

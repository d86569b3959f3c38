import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from "kysely";
import type { DB } from "./generated/schema.ts";

/** The one thing everything below needs: run a statement with positional values. */
export interface SqlExecutor {
  query<R extends object>(text: string, values?: readonly unknown[]): Promise<{ rows: R[]; rowCount: number }>;
}

/** Typed access to the database, for reading anywhere and in a transaction for writing. */
export type Db = Kysely<DB>;

declare const insideTransaction: unique symbol;
/** A Db bound to one open transaction; writing store functions ask for this type. */
export type Tx = Db & { readonly [insideTransaction]: true };

const executors = new WeakMap<object, SqlExecutor>();

/** Kysely over any executor; statements are unnamed, so a pooler in transaction mode may sit in between. */
export function kyselyOver(executor: SqlExecutor): Db {
  const db = new Kysely<DB>({ dialect: new ExecutorDialect(executor) });
  executors.set(db, executor);
  return db;
}

/** The executor a Db or Tx was made from. */
export function executorOf(db: Db): SqlExecutor {
  const executor = executors.get(db);
  if (executor === undefined) throw new Error("this Db was not made by kyselyOver");
  return executor;
}

class ExecutorDialect implements Dialect {
  readonly #executor: SqlExecutor;
  constructor(executor: SqlExecutor) {
    this.#executor = executor;
  }
  createAdapter() {
    return new PostgresAdapter();
  }
  createDriver() {
    return new ExecutorDriver(this.#executor);
  }
  createIntrospector(db: Kysely<unknown>) {
    return new PostgresIntrospector(db);
  }
  createQueryCompiler() {
    return new PostgresQueryCompiler();
  }
}

/** Transactions are opened by Database.transaction only, never through Kysely. */
class ExecutorDriver implements Driver {
  readonly #connection: DatabaseConnection;
  constructor(executor: SqlExecutor) {
    this.#connection = new ExecutorConnection(executor);
  }
  async init() {}
  async destroy() {}
  async acquireConnection() {
    return this.#connection;
  }
  async releaseConnection() {}
  async beginTransaction(): Promise<void> {
    throw new Error("open transactions with Database.transaction");
  }
  async commitTransaction() {}
  async rollbackTransaction() {}
}

class ExecutorConnection implements DatabaseConnection {
  readonly #executor: SqlExecutor;
  constructor(executor: SqlExecutor) {
    this.#executor = executor;
  }
  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const result = await this.#executor.query<R & object>(sql, parameters);
    return { rows: result.rows, numAffectedRows: BigInt(result.rowCount) };
  }
  // biome-ignore lint/correctness/useYield: streaming goes through COPY or keyset pages, never through Kysely.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error("streaming is not offered here");
  }
}

import pg from "pg";

const CONNECT_TIMEOUT_MS = 15_000;
const CLOSE_TIMEOUT_MS = 2_000;

/** The name by which `pg_stat_activity` shows connections of this package. */
export const APPLICATION_NAME = "evertrack-backup";

/** Opens one connection; the only start-up parameter is the application name, because poolers refuse others. */
export async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString,
    application_name: APPLICATION_NAME,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  });
  // A connection that breaks while idle is noticed by the next query.
  client.on("error", () => {});
  await client.connect();
  return client;
}

/** Closes without waiting for ever: a connection in the middle of a COPY does not hear us. */
export async function disconnect(client: pg.Client): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
  });
  await Promise.race([client.end().catch(() => {}), late]);
  clearTimeout(timer);
}

/** Opens a connection for one piece of work. */
export async function withClient<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await connect(connectionString);
  try {
    return await work(client);
  } finally {
    await disconnect(client);
  }
}

/** One transaction; rolled back when the work fails. */
export async function inTransaction<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  await client.query("begin");
  try {
    const result = await work();
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw error;
  }
}

/**
 * For this transaction only: no limit of time, and one way of writing values, whatever the server's settings are. A table that
 * others hold locked is waited for as long as said.
 */
export async function settle(client: pg.Client, lockTimeoutMs: number): Promise<void> {
  await client.query(
    `select set_config(name, value, true) from pg_settings join (values
       ('statement_timeout', '0'), ('idle_in_transaction_session_timeout', '0'), ('transaction_timeout', '0'),
       ('lock_timeout', $1), ('TimeZone', 'UTC'), ('DateStyle', 'ISO, YMD'), ('IntervalStyle', 'postgres'),
       ('extra_float_digits', '1'), ('bytea_output', 'hex'), ('search_path', 'public')) as s(name, value) using (name)`,
    [`${lockTimeoutMs}ms`],
  );
}

/** The URL of another database of the same server. */
export function onDatabase(connectionString: string, name: string): string {
  const url = new URL(connectionString);
  url.pathname = `/${encodeURIComponent(name)}`;
  return url.href;
}

/** An SQL identifier. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The SQLSTATE of a database error. */
export function sqlStateOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

import pg from "pg";
import { MigrationError } from "./migration-error.ts";

/** Names by which `pg_stat_activity` tells the roles of our connections, behind a pooler too. */
export const APPLICATION_NAMES = {
  /** Reads plans and observes; idle outside transactions. */
  observer: "evertrack-migrator-watch",
  /** Holds the lock in an open transaction. */
  lock: "evertrack-migrator-lock",
  /** Changes the schema. Working ones without a living owner are orphans. */
  run: "evertrack-migrator-run",
} as const;

const CONNECT_TIMEOUT_MS = 15_000;
/** A pooler with too few server connections lets a first query wait for ever: our own lock transaction holds one. */
const FIRST_ANSWER_TIMEOUT_MS = 15_000;

/**
 * Opens a connection that works through PgBouncer: the application name is the only start-up parameter (a pooler
 * refuses others, such as `statement_timeout` and `options`), and it wins over one in the URL.
 */
export async function connect(connectionString: string, role: keyof typeof APPLICATION_NAMES): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: withoutApplicationName(connectionString),
    application_name: APPLICATION_NAMES[role],
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  });
  // A connection that breaks while idle is noticed by the next query, or by whoever watches for "end".
  client.on("error", () => {});
  try {
    await client.connect();
    await answerInTime(client);
    return client;
  } catch (error) {
    void client.end().catch(() => {});
    throw error;
  }
}

/** Closes without waiting for ever on a dead network path. */
export async function disconnect(client: pg.Client): Promise<void> {
  const CLOSE_TIMEOUT_MS = 2_000;
  await Promise.race([
    client.end().catch(() => {}),
    new Promise((resolve) => setTimeout(resolve, CLOSE_TIMEOUT_MS).unref()),
  ]);
}

/** The SQLSTATE of a database error. */
export function sqlStateOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

async function answerInTime(client: pg.Client): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(noConnection()), FIRST_ANSWER_TIMEOUT_MS);
  });
  try {
    await Promise.race([client.query("select 1"), late]);
  } finally {
    clearTimeout(timer);
  }
}

function noConnection(): MigrationError {
  return new MigrationError(
    "no-connection",
    `the database gave no answer within ${FIRST_ANSWER_TIMEOUT_MS / 1000} s; a migration needs two server connections at a time (pool size of the pooler?)`,
  );
}

function withoutApplicationName(connectionString: string): string {
  if (!URL.canParse(connectionString)) return connectionString;
  const url = new URL(connectionString);
  url.searchParams.delete("application_name");
  return url.href;
}

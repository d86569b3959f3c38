import pg from "pg";
import { DATABASE_NAME, ROLE_NAME } from "./layout.ts";

const CONNECT_TIMEOUT_MS = 3_000;
const DUPLICATE_DATABASE = new Set(["42P04", "23505"]);

/** Where the server answers and the superuser's password. */
export type Address = { host: string; port: number; password: string };

/** A connection URL for one database of the server. */
export function urlOf(address: Address, database: string): string {
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `postgres://${ROLE_NAME}:${encodeURIComponent(address.password)}@${host}:${address.port}/${database}`;
}

/**
 * True when OUR server answers: SCRAM authenticates both sides, so a stranger on the same port cannot pass. Any
 * failure is false – not listening, still starting, shutting down.
 */
export async function ping(address: Address): Promise<boolean> {
  try {
    await withClient(urlOf(address, "postgres"), (client) => client.query("select 1"));
    return true;
  } catch {
    return false;
  }
}

/** Creates the product's database unless it exists; safe for several processes at once. */
export async function ensureDatabase(address: Address): Promise<void> {
  await withClient(urlOf(address, "postgres"), async (client) => {
    const { rowCount } = await client.query(`select from pg_database where datname = '${DATABASE_NAME}'`);
    if (rowCount) return;
    try {
      await client.query(`create database ${DATABASE_NAME}`);
    } catch (error) {
      if (!DUPLICATE_DATABASE.has(codeOf(error) ?? "")) throw error;
    }
  });
}

/** Opens a connection for one piece of work. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  // A connection lost while idle has no query to report it to.
  client.on("error", () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

/** The SQLSTATE of a database error. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

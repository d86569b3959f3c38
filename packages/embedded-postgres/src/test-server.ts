import path from "node:path";
import pg from "pg";
import { withClient } from "./connection.ts";
import { ensurePostgres } from "./ensure.ts";
import { stopPostgres } from "./stop.ts";

/** Set by the test run's global set-up, or by hand to test against another PostgreSQL (a superuser's URL). */
export const TEST_DATABASE_URL_VARIABLE = "EVERTRACK_TEST_DATABASE_URL";

const TEST_SERVER_DIRECTORY = path.resolve(import.meta.dirname, "../../../.cache/test-postgres");

const CONNECT_ATTEMPTS_MAX = 5;

/** Speed over safety: nothing here must outlive a power cut. */
const TEST_SERVER_SETTINGS = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  max_connections: "300",
  shared_buffers: "128MB",
  max_wal_size: "4GB",
  checkpoint_timeout: "30min",
};

/** Starts or joins the repository's own test server and returns the URL of its `postgres` database. */
export async function ensureTestServer(log?: (message: string) => void): Promise<string> {
  const server = await ensurePostgres({
    dataDirectory: TEST_SERVER_DIRECTORY,
    settings: TEST_SERVER_SETTINGS,
    log,
  });
  return server.adminUrl;
}

/**
 * Starts or joins the server and holds a connection to it, which is what keeps another run's end from stopping it.
 * Between joining and connecting such an end may come: then it is started again.
 */
export async function keepConnected(
  ensure: () => Promise<string> = ensureTestServer,
  options: { unref?: boolean } = {},
): Promise<{ adminUrl: string; disconnect(): Promise<void> }> {
  for (let attempt = 1; ; attempt++) {
    const adminUrl = await ensure();
    const client = new pg.Client({ connectionString: adminUrl, application_name: "evertrack-test-run" });
    client.on("error", () => {});
    try {
      await client.connect();
      // pg's types do not know unref(): the connection must not keep a script from ending.
      if (options.unref) (client as pg.Client & { unref(): void }).unref();
      return { adminUrl, disconnect: () => client.end() };
    } catch (error) {
      await client.end().catch(() => {});
      if (attempt >= CONNECT_ATTEMPTS_MAX) throw error;
    }
  }
}

/** Stops the repository's test server unless somebody is connected; returns whether it did. */
export async function stopTestServerIfIdle(): Promise<boolean> {
  return stopPostgres({ dataDirectory: TEST_SERVER_DIRECTORY, onlyIf: isIdle });
}

async function isIdle(adminUrl: string): Promise<boolean> {
  const clients = await withClient(adminUrl, (client) =>
    client.query("select from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"),
  );
  return clients.rowCount === 0;
}

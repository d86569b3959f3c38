import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";

const CONNECTIONS_MAX = 200;
const CONNECT_TIMEOUT_MS = 2_000;
const MARGIN = 5;

/** Holds every connection PgBouncer may have: each is inside a transaction that does nothing. */
export async function holdPooledConnections(poolerUrl: string, poolSize: number, holdMs: number): Promise<void> {
  const clients = Array.from({ length: poolSize + MARGIN }, () => quietClient(poolerUrl));
  await Promise.all(
    clients.map(async (client) => {
      await client.connect().catch(() => undefined);
      await client.query(`begin; select pg_sleep(${holdMs / 1000}); rollback`).catch(() => undefined);
    }),
  );
  await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
}

/** Takes every connection PostgreSQL gives out, and ends those of others so that they would have to come back. */
export async function holdEveryConnection(databaseUrl: string, holdMs: number): Promise<void> {
  const held: pg.Client[] = [];
  for (let count = 0; count < CONNECTIONS_MAX; count++) {
    const client = quietClient(databaseUrl);
    const connected = await client.connect().then(
      () => true,
      () => false,
    );
    if (!connected) break;
    held.push(client);
  }
  await held[0]
    ?.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where backend_type = 'client backend' and application_name <> 'chaos-hog' and random() < 0.7`,
    )
    .catch(() => undefined);
  await delay(holdMs);
  await Promise.all(held.map((client) => client.end().catch(() => undefined)));
}

function quietClient(url: string): pg.Client {
  const client = new pg.Client({
    connectionString: url,
    application_name: "chaos-hog",
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  client.on("error", () => undefined);
  return client;
}

import { randomBytes } from "node:crypto";
import type { Client } from "pg";
import { BackupError } from "../backup-error.ts";
import { connect, disconnect, onDatabase, quoted, sqlStateOf, withClient } from "./connection.ts";

const PREFIX = "evertrack_verify_";
const RANDOM_BYTES = 6;
/** A verification is connected to its database from its first second to its last. */
const UNUSED_AFTER_MS = 60_000;
const INSUFFICIENT_PRIVILEGE = "42501";

/** Makes a database on the same server for `work` and drops it afterwards. Those that killed verifications left are dropped first. */
export async function withScratchDatabase<T>(
  connectionString: string,
  encoding: string,
  log: (message: string) => void,
  work: (scratchUrl: string) => Promise<T>,
): Promise<T> {
  const name = await withClient(connectionString, async (client) => {
    for (const dropped of await dropLeftovers(client))
      log(`dropped ${dropped}, which an interrupted verification left`);
    return createScratch(client, encoding);
  });
  log(`restoring into the scratch database ${name}`);
  const url = onDatabase(connectionString, name);
  const keeper = await connect(url);
  try {
    return await work(url);
  } finally {
    await disconnect(keeper);
    await withClient(connectionString, (client) =>
      client.query(`drop database if exists ${quoted(name)} with (force)`),
    );
  }
}

/** Scratch databases nobody is connected to; the name tells when it was made, by the clock of the server. */
export async function dropLeftovers(client: Client, unusedAfterMs = UNUSED_AFTER_MS): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select datname as name from pg_database d
     where datname ~ '^${PREFIX}[0-9]+_' and split_part(datname, '_', 3)::numeric < extract(epoch from clock_timestamp()) * 1000 - $1
       and not exists (select from pg_stat_activity a where a.datid = d.oid)`,
    [unusedAfterMs],
  );
  const dropped: string[] = [];
  for (const { name } of rows) {
    // Without force: somebody who has just connected keeps it.
    const done = await client.query(`drop database if exists ${quoted(name)}`).catch(() => undefined);
    if (done !== undefined) dropped.push(name);
  }
  return dropped;
}

async function createScratch(client: Client, encoding: string): Promise<string> {
  const { rows } = await client.query<{ ms: string }>(
    `select floor(extract(epoch from clock_timestamp()) * 1000)::bigint::text as ms`,
  );
  const name = `${PREFIX}${rows[0]?.ms}_${randomBytes(RANDOM_BYTES).toString("hex")}`;
  try {
    await client.query(
      `create database ${quoted(name)} template template0 encoding '${encoding.replaceAll("'", "''")}'`,
    );
    return name;
  } catch (error) {
    if (sqlStateOf(error) !== INSUFFICIENT_PRIVILEGE) throw error;
    throw new BackupError(
      "not-yet",
      `this database role may not make a scratch database: alter role … createdb, or verify the backup on another server, ` +
        `named by DT_DATASOURCE_URL, with evertrack backup verify`,
      { cause: error },
    );
  }
}

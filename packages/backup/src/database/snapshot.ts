/**
 * One view of the database for several connections:
 *
 *   begin (repeatable read, read only) → tables known → locked against changes of their shape → nothing migrated meanwhile?
 *        ├ yes, and the files its rows speak of are gathered → exported, so that others may join it
 *        └ no → again
 *
 * Readers and writers do not notice it; migrations wait for it, and rows that change meanwhile are kept twice until it ends.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { BackupError } from "../backup-error.ts";
import type { AppliedRecord } from "../manifest.ts";
import { listTables, type Table } from "./catalog.ts";
import { connect, disconnect, quoted, settle, sqlStateOf } from "./connection.ts";
import { compareHistories, readHistory } from "./history.ts";

const LOCK_TIMEOUT_MS = 10_000;
const ATTEMPTS_MAX = 50;
const PAUSE_MS = 100;
const LOCK_NOT_AVAILABLE = "55P03";

/** What everything of a backup is read from. */
export interface Snapshot {
  readonly client: Client;
  /** For `join`, and for pg_dump. */
  readonly id: string;
  readonly takenAt: Date;
  readonly tables: readonly Table[];
  readonly history: readonly AppliedRecord[];
  close(): Promise<void>;
}

/** Opens a snapshot that `isComplete` agrees with; it is asked with each attempt. Throws BackupError. */
export async function openSnapshot(
  connectionString: string,
  isComplete: (client: Client) => Promise<boolean>,
): Promise<Snapshot> {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const client = await connect(connectionString);
    try {
      const snapshot = await attemptSnapshot(client, connectionString);
      if (snapshot !== undefined && (await isComplete(client))) return snapshot;
    } catch (error) {
      await disconnect(client);
      throw explain(error);
    }
    await disconnect(client);
    await sleep(PAUSE_MS);
  }
  throw new BackupError(
    "not-yet",
    `no moment without a migration or vanishing files in ${ATTEMPTS_MAX} attempts; try again`,
  );
}

async function attemptSnapshot(client: Client, connectionString: string): Promise<Snapshot | undefined> {
  await client.query("begin isolation level repeatable read read only");
  await settle(client, LOCK_TIMEOUT_MS);
  const history = await readHistory(client);
  const tables = await listTables(client);
  const names = tables.map(({ name }) => `public.${quoted(name)}`).join(", ");
  await client.query(`lock table ${names} in access share mode`);
  if (compareHistories(history, await historyNow(connectionString)).length > 0) return undefined;
  const { rows } = await client.query<{ id: string; takenAt: Date }>(
    `select pg_export_snapshot() as id, now() as "takenAt"`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error("the server exported no snapshot");
  return { client, ...row, tables, history, close: () => disconnect(client) };
}

async function historyNow(connectionString: string): Promise<AppliedRecord[]> {
  const client = await connect(connectionString);
  try {
    return await readHistory(client);
  } finally {
    await disconnect(client);
  }
}

/** A further connection with the same view. Close it when done. */
export async function joinSnapshot(connectionString: string, id: string): Promise<Client> {
  const client = await connect(connectionString);
  try {
    await client.query("begin isolation level repeatable read read only");
    await client.query(`set transaction snapshot '${id.replaceAll("'", "''")}'`);
    await settle(client, LOCK_TIMEOUT_MS);
    return client;
  } catch (error) {
    await disconnect(client);
    throw error;
  }
}

function explain(error: unknown): unknown {
  if (sqlStateOf(error) !== LOCK_NOT_AVAILABLE) return error;
  const message = `a table stayed locked for ${LOCK_TIMEOUT_MS / 1000} s, as by a migration; try again when it is done`;
  return new BackupError("not-yet", message, { cause: error });
}

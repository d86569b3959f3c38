import type { Client } from "pg";
import { connect, disconnect } from "./connection.ts";
import { LOCK_CLASS, LOCK_OBJECT, type LockOwner, thisProcess } from "./lock.ts";

/** Whether the migration lock is held, and by whom. */
export type LockState = {
  held: boolean;
  /** As the owner wrote it down; absent in the first moments after the lock was taken. */
  owner?: LockOwner;
  /** Who held it last, when nobody does. */
  lastOwner?: LockOwner;
  /** The server's back ends that hold it; behind a pooler they say nothing about the client. */
  backendPids: number[];
};

/** Who holds the migration lock. Looks at the server's lock table, so it never takes the lock itself. */
export async function showLock(connectionString: string): Promise<LockState> {
  const client = await connect(connectionString, "observer");
  try {
    return await showLockWith(client);
  } finally {
    await disconnect(client);
  }
}

/** The same over an open connection. */
export async function showLockWith(client: Client): Promise<LockState> {
  const { rows } = await client.query<{ pid: number }>(
    `select pid from pg_locks
      where locktype = 'advisory' and granted and objsubid = 2 and classid = ${LOCK_CLASS} and objid = ${LOCK_OBJECT}
        and database = (select oid from pg_database where datname = current_database())`,
  );
  const backendPids = rows.map((row) => row.pid);
  const held = backendPids.length > 0;
  const owner = await readOwner(client);
  if (!owner) return { held, backendPids };
  return held ? { held, backendPids, owner } : { held, backendPids, lastOwner: owner };
}

/** One line about the owner, for messages. */
export async function describeOwner(client: Client): Promise<string> {
  const { held, owner } = await showLockWith(client);
  if (!held) return "nobody any more";
  if (!owner) return "a process that has just begun";
  const { component, host, pid, version, since } = owner;
  return `process ${pid} on ${host} (${component}, version ${version}) since ${since.toISOString()}`;
}

/**
 * What is known of whether the lock's owner still works: `dead` only when it ran on this host and is gone, so that what holds the
 * lock is a connection nobody uses any more.
 */
export function ownerIs({ held, owner }: LockState): "free" | "dead" | "perhaps alive" {
  if (!held) return "free";
  const { host, pid } = thisProcess();
  if (owner === undefined || owner.host !== host || owner.pid === pid) return "perhaps alive";
  return isRunning(owner.pid) ? "perhaps alive" : "dead";
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/**
 * Takes the lock away from its owner: a new epoch makes what it still tries fail, and its connection is ended. Returns
 * what was found. Needs the owner's role or pg_signal_backend.
 */
export async function clearLock(connectionString: string): Promise<LockState> {
  const client = await connect(connectionString, "observer");
  try {
    const state = await showLockWith(client);
    if (await lockTableExists(client)) {
      await client.query(
        "update evertrack_schema_lock set epoch = epoch + 1, component = null, host = null, pid = null",
      );
    }
    for (const pid of state.backendPids) await client.query("select pg_terminate_backend($1)", [pid]);
    return state;
  } finally {
    await disconnect(client);
  }
}

async function readOwner(client: Client): Promise<LockOwner | undefined> {
  if (!(await lockTableExists(client))) return undefined;
  const { rows } = await client.query<LockOwner>(
    "select component, host, pid, version, since from evertrack_schema_lock where host is not null",
  );
  return rows[0];
}

async function lockTableExists(client: Client): Promise<boolean> {
  const { rows } = await client.query("select to_regclass('evertrack_schema_lock') is not null as exists");
  return rows[0]?.exists === true;
}

/**
 * One migration at a time per database, by a lock that cannot be left behind: an advisory lock held by an open
 * transaction on a connection of its own. When the process dies, the connection closes and the server frees the lock –
 * behind PgBouncer too, which hands a server connection on only after the transaction ended.
 *
 * Two rules come from CREATE INDEX CONCURRENTLY, which waits for every snapshot older than itself: nothing is ever
 * bound as a parameter here (a portal would keep a snapshot open), and nobody waits inside pg_advisory_xact_lock –
 * waiters ask, roll back, and ask again.
 *
 * The row in evertrack_schema_lock tells people who holds it. Its epoch is the fence: every transaction of a migration
 * checks it before it commits, so one that lost the lock without noticing cannot change anything any more.
 */
import os from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { connect, disconnect } from "./connection.ts";
import { MigrationError } from "./migration-error.ts";

/** Class and object of the advisory lock: "EVTR", schema. */
export const LOCK_CLASS = 0x45565452;
/** See LOCK_CLASS. */
export const LOCK_OBJECT = 1;

const POLL_MIN_MS = 100;
const POLL_MAX_MS = 300;
const KEEPALIVE_MS = 5_000;
const KEEPALIVE_ANSWER_MAX_MS = 15_000;

/** Who holds or held the lock. */
export type LockOwner = { component: string; host: string; pid: number; version: string; since: Date };

/** The lock, held. */
export type HeldLock = {
  /** Fails as soon as the lock is known to be lost; never succeeds. */
  lost: Promise<never>;
  release(): Promise<void>;
};

/**
 * Asks for the lock until it is free. `stillNeeded` is asked between attempts: when another process has done the work,
 * the answer is `undefined`.
 */
export async function acquireLock(options: {
  connectionString: string;
  waitMaxMs: number;
  stillNeeded(): Promise<boolean>;
  describeOwner(): Promise<string>;
  log(message: string): void;
}): Promise<HeldLock | undefined> {
  const client = await connect(options.connectionString, "lock");
  const deadline = Date.now() + options.waitMaxMs;
  try {
    for (let attempt = 1; ; attempt++) {
      if (await tryLock(client)) return hold(client);
      if (!(await options.stillNeeded())) break;
      if (attempt === 1) options.log(`waiting for the migration lock, held by ${await options.describeOwner()}`);
      if (Date.now() > deadline) throw waitedTooLong(options.waitMaxMs, await options.describeOwner());
      await sleep(POLL_MIN_MS + Math.random() * (POLL_MAX_MS - POLL_MIN_MS));
    }
  } catch (error) {
    await disconnect(client);
    throw error;
  }
  await disconnect(client);
  return undefined;
}

async function tryLock(client: Client): Promise<boolean> {
  await client.query("begin");
  const { rows } = await client.query(`select pg_try_advisory_xact_lock(${LOCK_CLASS}, ${LOCK_OBJECT}) as locked`);
  if (!rows[0]?.locked) {
    await client.query("rollback");
    return false;
  }
  // The transaction stays idle for as long as the migrations take; transaction_timeout exists since PostgreSQL 17.
  await client.query(
    "select set_config(name, '0', true) from pg_settings where name in ('idle_in_transaction_session_timeout', 'transaction_timeout')",
  );
  return true;
}

/** A dead network path shows no error by itself: only an answer that stays away does. */
function hold(client: Client): HeldLock {
  let fail: (reason: Error) => void = () => {};
  const lost = new Promise<never>((_, reject) => {
    fail = reject;
  });
  lost.catch(() => {});
  const loss = (cause?: unknown) =>
    fail(new MigrationError("lock-lost", "the connection that holds the migration lock was lost", { cause }));
  client.once("end", () => loss());
  const beat = setInterval(() => {
    const late = setTimeout(loss, KEEPALIVE_ANSWER_MAX_MS);
    client
      .query("select 1")
      .catch(loss)
      .finally(() => clearTimeout(late));
  }, KEEPALIVE_MS);
  return {
    lost,
    async release() {
      clearInterval(beat);
      client.removeAllListeners("end");
      await Promise.race([
        client.query("rollback").catch(() => {}),
        sleep(KEEPALIVE_ANSWER_MAX_MS, undefined, { ref: false }),
      ]);
      await disconnect(client);
    },
  };
}

/** Writes the owner's row and begins a new epoch; call right after acquiring, over the working connection. */
export async function claimEpoch(client: Client, owner: Omit<LockOwner, "since">): Promise<bigint> {
  const { rows } = await client.query<{ epoch: string }>(
    `update evertrack_schema_lock
        set epoch = epoch + 1, component = $1, host = $2, pid = $3, version = $4, since = now()
      returning epoch`,
    [owner.component, owner.host, owner.pid, owner.version],
  );
  return BigInt(rows[0]?.epoch ?? 0);
}

/** The fence: fails unless the epoch is still ours, and keeps it so until the surrounding transaction ends. */
export async function requireEpoch(client: Client, epoch: bigint): Promise<void> {
  const { rows } = await client.query<{ epoch: string }>("select epoch from evertrack_schema_lock for share");
  if (BigInt(rows[0]?.epoch ?? -1) === epoch) return;
  throw new MigrationError("lock-lost", "another process took the migration lock over, or it was cleared");
}

/** Host and process id of this process. */
export function thisProcess(): { host: string; pid: number } {
  return { host: os.hostname(), pid: process.pid };
}

function waitedTooLong(waitMaxMs: number, owner: string): MigrationError {
  return new MigrationError(
    "lock-wait-timeout",
    `the migration lock did not become free within ${Math.round(waitMaxMs / 1000)} s; it is held by ${owner}`,
  );
}

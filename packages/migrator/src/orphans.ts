import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { APPLICATION_NAMES } from "./connection.ts";
import { MigrationError } from "./migration-error.ts";

const END_TIMEOUT_MS = 30_000;
const END_POLL_MS = 100;

/**
 * Ends what a killed migration left working in the server: an index build goes on without its client, and a second one
 * would deadlock with it. Call while holding the lock – then a working back end of this name has no owner. Idle ones
 * are left alone: behind a pooler they may be anybody's next connection.
 */
export async function endOrphans(client: Client, log: (message: string) => void): Promise<void> {
  const deadline = Date.now() + END_TIMEOUT_MS;
  for (let round = 0; ; round++) {
    const { rows } = await client.query<{ pid: number; ended: boolean }>(
      `select pid, pg_terminate_backend(pid) as ended from pg_stat_activity
        where application_name = '${APPLICATION_NAMES.run}' and datname = current_database() and usename = current_user
          and pid <> pg_backend_pid() and state is distinct from 'idle'`,
    );
    if (rows.length === 0) return;
    const pids = rows.map((row) => row.pid).join(", ");
    if (round === 0) log(`ending back ends that an interrupted migration left working: ${pids}`);
    if (Date.now() > deadline) {
      throw new MigrationError("orphans-remain", `back ends of an interrupted migration do not end: ${pids}`);
    }
    await sleep(END_POLL_MS);
  }
}

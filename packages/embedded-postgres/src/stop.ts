import { setTimeout as sleep } from "node:timers/promises";
import { urlOf } from "./connection.ts";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";
import { layoutOf } from "./layout.ts";
import { readPostmasterFile, runningPostmaster } from "./postmaster.ts";
import { identityOf, isAlive } from "./process-identity.ts";
import { readSecret } from "./secret.ts";
import { withStartLock } from "./start-lock.ts";

const STOP_TIMEOUT_MS = 60_000;
const STOP_POLL_MS = 20;

/** `fast` ends sessions and writes a checkpoint; `immediate` stops like a crash, and the next start recovers. */
export type StopMode = "fast" | "immediate";

/** Whether a server runs in a directory, and what is known of it. */
export type PostgresStatus = { running: boolean; pid?: number; port?: number; logFile: string; dataDirectory: string };

/** Looks without starting anything or connecting. */
export function statusOf(dataDirectory: string): PostgresStatus {
  const layout = layoutOf(dataDirectory);
  const running = runningPostmaster(layout);
  const known = running ? { running: true, pid: running.pid, port: running.port } : { running: false };
  return { ...known, logFile: layout.logFile, dataDirectory: layout.root };
}

/**
 * Stops the server and waits until it is gone; returns false when none ran. `onlyIf` gets the URL of the `postgres`
 * database and is asked under the start lock, so that nobody begins to start in between.
 */
export async function stopPostgres(options: {
  dataDirectory: string;
  mode?: StopMode;
  onlyIf?: (adminUrl: string) => Promise<boolean>;
}): Promise<boolean> {
  const layout = layoutOf(options.dataDirectory);
  if (!readPostmasterFile(layout)) return false;
  return withStartLock(layout.startLock, async () => {
    const running = runningPostmaster(layout);
    if (!running) return false;
    const address = { host: running.host, port: running.port, password: readSecret(layout) };
    if (options.onlyIf && !(await options.onlyIf(urlOf(address, "postgres")))) return false;
    const identity = identityOf(running.pid);
    process.kill(running.pid, options.mode === "immediate" ? "SIGQUIT" : "SIGINT");
    const deadline = Date.now() + STOP_TIMEOUT_MS;
    while (isAlive(running.pid) && identityOf(running.pid) === identity) {
      if (Date.now() > deadline) {
        throw new EmbeddedPostgresError(`PostgreSQL (process ${running.pid}) does not stop; see ${layout.logFile}`);
      }
      await sleep(STOP_POLL_MS);
    }
    return true;
  });
}

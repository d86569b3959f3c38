import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { unprivilegedAccount } from "./account.ts";
import { withClient } from "./connection.ts";
import { freePort } from "./port.ts";

const START_TIMEOUT_MS = 10_000;
const POLL_MS = 20;

/** Why tests that need PgBouncer are skipped, as a part of their name; `undefined` when it is there. */
export const pgBouncerMissing: string | undefined =
  spawnSync("pgbouncer", ["--version"]).status === 0 ? undefined : "skipped: no pgbouncer – apt-get install pgbouncer";

/** A PgBouncer in transaction mode in front of one server. */
export type TestPooler = {
  /** The URL of a database of that server through the pooler. */
  urlOf(databaseUrl: string): string;
  pid: number;
  stop(): Promise<void>;
};

/** Starts one; it ignores no start-up parameter, as a strict installation would not. */
export async function startPgBouncer(options: {
  serverUrl: string;
  poolSize?: number;
  port?: number;
}): Promise<TestPooler> {
  const port = options.port ?? (await freePort("127.0.0.1"));
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "pgbouncer-"));
  const account = unprivilegedAccount();
  const configuration = path.join(directory, "pgbouncer.ini");
  fs.writeFileSync(configuration, configurationFor(options.serverUrl, port, options.poolSize ?? 20, directory), {
    mode: 0o600,
  });
  if (account.uid !== undefined && account.gid !== undefined) {
    fs.chownSync(directory, account.uid, account.gid);
    fs.chownSync(configuration, account.uid, account.gid);
  }
  const child = spawn("pgbouncer", ["--quiet", configuration], { ...account, cwd: directory, stdio: "ignore" });
  const urlOf = (databaseUrl: string) => `postgres://pooled@127.0.0.1:${port}${new URL(databaseUrl).pathname}`;
  const stop = async () => {
    await end(child);
    fs.rmSync(directory, { recursive: true, force: true });
  };
  try {
    await untilItAnswers(urlOf(options.serverUrl), child, path.join(directory, "pgbouncer.log"));
  } catch (error) {
    await stop();
    throw error;
  }
  return { urlOf, pid: child.pid ?? 0, stop };
}

function configurationFor(serverUrl: string, port: number, poolSize: number, directory: string): string {
  const { hostname, port: serverPort, username, password } = new URL(serverUrl);
  const login = password ? ` password=${decodeURIComponent(password)}` : "";
  return `[databases]
* = host=${hostname} port=${serverPort || 5432} user=${decodeURIComponent(username)}${login}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${poolSize}
max_client_conn = 500
max_db_connections = 0
logfile = ${directory}/pgbouncer.log
`;
}

async function untilItAnswers(url: string, child: ChildProcess, logFile: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      await withClient(url, (client) => client.query("select 1"));
      return;
    } catch (cause) {
      if (child.exitCode !== null || Date.now() > deadline) {
        const log = fs.existsSync(logFile) ? fs.readFileSync(logFile, "utf8").slice(-1_000) : "";
        throw new Error(`pgbouncer does not start: ${log}`, { cause });
      }
      await sleep(POLL_MS);
    }
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  // SIGTERM is PgBouncer's immediate shutdown.
  child.kill("SIGTERM");
  await ended;
}

import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../free-port.ts";
import { ListeningProgram } from "./listening-program.ts";
import { recipe } from "./recipe.ts";

/** A PgBouncer in front of one database, running with the configuration of deploy/. */
export interface Pooler {
  /** The database's address through the pooler; the same after a restart. */
  readonly url: string;
  readonly pid: number;
  readonly running: boolean;
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Ends it if it runs, and starts it on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface PoolerOptions {
  /** Existing directory for configuration and logs. */
  directory: string;
  databaseUrl: string;
  /** Connections to PostgreSQL; as in the recipe when left out. */
  poolSize?: number;
}

/** For a database without a password. */
const PASSWORD = "pooled";

/** PgBouncer as deploy/pgbouncer describes it: transaction mode. */
export async function startPgBouncer({ directory, databaseUrl, poolSize }: PoolerOptions): Promise<Pooler> {
  const port = await freePort();
  const home = join(directory, `pgbouncer-${port}`);
  mkdirSync(home, { recursive: true });
  const database = new URL(databaseUrl);
  if (database.password === "") database.password = PASSWORD;
  const configuration = join(home, "pgbouncer.ini");
  writePrivate(configuration, pgBouncerRecipe(database, port, home, poolSize));
  writePrivate(join(home, "userlist.txt"), `${quoted(database.username)} ${quoted(database.password)}\n`);
  const program = new ListeningProgram({
    command: ["pgbouncer", ...giveToNobody(home), configuration],
    port,
    logFile: join(directory, `pgbouncer-${port}.log`),
    // Its immediate shutdown: SIGINT would wait for clients.
    stopSignal: "SIGTERM",
  });
  await program.start();
  database.hostname = "127.0.0.1";
  database.port = String(port);
  return Object.assign(program, { url: database.toString() });
}

function pgBouncerRecipe(database: URL, port: number, home: string, poolSize: number | undefined): string {
  const name = database.pathname.slice(1);
  const target = `${name} = host=${database.hostname} port=${database.port || 5432} dbname=${name}`;
  const text = recipe("pgbouncer/pgbouncer.ini", [
    [/^evertrack = host=db port=5432 dbname=evertrack$/, 1, target],
    [/^listen_addr = \*$/, 1, "listen_addr = 127.0.0.1"],
    [/^listen_port = 6432$/, 1, `listen_port = ${port}`],
    [/^auth_file = .*$/, 1, `auth_file = ${home}/userlist.txt`],
  ]);
  if (poolSize === undefined) return text;
  return text
    .replace(/^default_pool_size = .*$/m, `default_pool_size = ${poolSize}`)
    .replace(/^reserve_pool_size = .*$/m, "reserve_pool_size = 0");
}

/** PgBouncer refuses to run as root: it becomes `nobody`, who must be able to read what is there. */
function giveToNobody(home: string): string[] {
  if (process.getuid?.() !== 0) return [];
  const [uid, gid] = ["-u", "-g"].map((flag) => Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" })));
  for (const path of [home, join(home, "pgbouncer.ini"), join(home, "userlist.txt")])
    chownSync(path, uid ?? 0, gid ?? 0);
  return ["-u", "nobody"];
}

function writePrivate(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o600);
}

function quoted(text: string): string {
  return `"${decodeURIComponent(text).replaceAll('"', '""')}"`;
}

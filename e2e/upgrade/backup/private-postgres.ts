import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { freePort } from "../../harness/free-port.ts";

const MAJOR = 15;
const PROGRAMS = `/usr/lib/postgresql/${MAJOR}/bin`;
const ROLE = "evertrack";
const PASSWORD = "only for this test";

/** Empty, or what to tell of a test that needs it. */
export const WITHOUT_POSTGRES = existsSync(join(PROGRAMS, "initdb"))
  ? ""
  : ` (skipped: needs ${PROGRAMS}; apt-get install postgresql-${MAJOR})`;

/** A PostgreSQL of the distribution, as operators bring it along, on a port of its own; the product's role is no superuser. */
export class PrivatePostgres {
  readonly #directory: string;
  readonly #port: number;

  private constructor(directory: string, port: number) {
    this.#directory = directory;
    this.#port = port;
  }

  static async start(): Promise<PrivatePostgres> {
    const directory = mkdtempSync(join(tmpdir(), "evertrack-private-postgres-"));
    const data = join(directory, "data");
    mkdirSync(data, { mode: 0o700 });
    const account = accountOfServer();
    chmodSync(directory, 0o755);
    if (account.uid !== undefined) for (const path of [directory, data]) chownSync(path, account.uid, account.gid);
    const run = (name: string, ...args: string[]) =>
      execFileSync(join(PROGRAMS, name), args, { ...account, cwd: directory, stdio: "ignore" });
    run("initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync");
    const port = await freePort();
    const settings = `-p ${port} -k ${directory} -c listen_addresses=127.0.0.1 -c fsync=off`;
    run("pg_ctl", "-D", data, "-w", "-l", join(directory, "log"), "-o", settings, "start");
    const server = new PrivatePostgres(directory, port);
    await server.#asSuperuser(`create role ${ROLE} login createdb password '${PASSWORD}'`);
    return server;
  }

  /** An empty database of the product's role. */
  async database(name: string): Promise<string> {
    await this.#asSuperuser(`create database ${name} owner ${ROLE}`);
    return `postgres://${ROLE}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${this.#port}/${name}`;
  }

  stop(): void {
    const args = ["-D", join(this.#directory, "data"), "-m", "immediate", "-w", "stop"];
    execFileSync(join(PROGRAMS, "pg_ctl"), args, { ...accountOfServer(), cwd: this.#directory, stdio: "ignore" });
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #asSuperuser(statement: string): Promise<void> {
    const client = new pg.Client({ connectionString: `postgres://postgres@127.0.0.1:${this.#port}/postgres` });
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  }
}

/** PostgreSQL does not run as root. */
function accountOfServer(): { uid: number; gid: number } | { uid?: undefined; gid?: undefined } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

/**
 * How a server comes to be, for any number of processes that ask at once:
 *
 *   ask the running one (ping) ── answers ──────────────────────────────→ joined
 *        │ silent
 *   start lock → ask again → initdb once (temporary name, rename) → spawn detached → ping until it answers
 *                                                                       └ exits: its back ends may outlive a killed
 *                                                                         postmaster for a moment: retry
 */
import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Account, accountFor } from "./account.ts";
import { runnableBinaries } from "./binaries.ts";
import { type Address, ensureDatabase, ping, urlOf } from "./connection.ts";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";
import { initialiseOnce } from "./initialise.ts";
import { DATABASE_NAME, type Layout, layoutOf } from "./layout.ts";
import { freePort, holderOfPort, isPortBusy } from "./port.ts";
import { lastComplaint, removeStalePostmasterFile, runningPostmaster, spawnPostmaster } from "./postmaster.ts";
import { createSecretOnce, readSecret } from "./secret.ts";
import { withStartLock } from "./start-lock.ts";

export { EmbeddedPostgresError } from "./embedded-postgres-error.ts";

const READY_POLL_MS = 25;
/** Recovery after a crash replays the log; it may take long on a big database. */
const READY_TIMEOUT_MS = 300_000;
const START_ATTEMPTS_MAX = 20;
const RETRY_PAUSE_MS = 300;
/** What passes: back ends that outlive a killed postmaster for a moment, a port taken between choosing and binding. */
const PASSING_COMPLAINT = /shared memory|lock file|in use|could not bind|could not create any TCP/;

/** What to start, and where. */
export type EnsureOptions = {
  dataDirectory: string;
  /** 0 or omitted: a free one, remembered in the directory. */
  port?: number | undefined;
  host?: string | undefined;
  /** Server settings for a start; a joined server keeps its own. */
  settings?: Record<string, string> | undefined;
  log?: ((message: string) => void) | undefined;
};

/** A server that answers. */
export type EmbeddedPostgres = {
  /** The product's database as its superuser. */
  url: string;
  /** The `postgres` database, to create and drop others from. */
  adminUrl: string;
  port: number;
  /** Of the postmaster. */
  pid: number;
  how: "initialised" | "started" | "joined";
  logFile: string;
  dataDirectory: string;
};

/** Makes sure a server runs in the directory and holds the database `evertrack`. Throws EmbeddedPostgresError with the cure. */
export async function ensurePostgres(options: EnsureOptions): Promise<EmbeddedPostgres> {
  const layout = layoutOf(options.dataDirectory);
  const host = options.host ?? "127.0.0.1";
  prepareDirectory(layout);
  const joined = await join(layout, host);
  if (joined) return joined;
  return withStartLock(layout.startLock, async () => (await join(layout, host)) ?? start(layout, host, options));
}

function prepareDirectory(layout: Layout): void {
  fs.mkdirSync(layout.root, { recursive: true, mode: 0o711 });
  fs.accessSync(layout.root, fs.constants.W_OK | fs.constants.X_OK);
}

async function join(layout: Layout, host: string): Promise<EmbeddedPostgres | undefined> {
  const running = runningPostmaster(layout);
  if (!running || !fs.existsSync(layout.secret)) return undefined;
  const address = { host: running.host || host, port: running.port, password: readSecret(layout) };
  if (!(await ping(address))) return undefined;
  return describe(layout, address, "joined", running.pid);
}

async function start(layout: Layout, host: string, options: EnsureOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => {});
  const account = accountFor(layout);
  if (account.uid !== undefined) fs.chmodSync(layout.root, 0o711);
  const binaries = runnableBinaries(layout, account);
  const password = createSecretOnce(layout);
  const sync = options.settings?.fsync !== "off";
  const initialised = await initialiseOnce(layout, account, binaries, password, sync);
  if (initialised) log(`made a new PostgreSQL cluster in ${layout.cluster}`);
  for (let attempt = 1; ; attempt++) {
    const existing = await waitForExisting(layout, host, password);
    if (existing) return describe(layout, existing, "joined");
    const address = { host, port: await choosePort(layout, host, options.port), password };
    const complaint = await startOnce(layout, account, binaries, address, options.settings ?? {});
    if (complaint === undefined) {
      fs.writeFileSync(layout.port, String(address.port));
      return describe(layout, address, initialised ? "initialised" : "started");
    }
    if (attempt >= START_ATTEMPTS_MAX || (attempt > 1 && !PASSING_COMPLAINT.test(complaint))) {
      throw new EmbeddedPostgresError(`PostgreSQL does not start: ${complaint}\n(log: ${layout.logFile})`);
    }
    log(`PostgreSQL did not start (attempt ${attempt}), trying again: ${complaint}`);
    await sleep(RETRY_PAUSE_MS);
  }
}

/** One spawn; returns why it failed, or nothing when the server answers. */
async function startOnce(
  layout: Layout,
  account: Account,
  binaries: { postgres: string; initdb: string },
  address: Address,
  settings: Record<string, string>,
): Promise<string | undefined> {
  removeStalePostmasterFile(layout);
  const logStart = fs.statSync(layout.logFile, { throwIfNoEntry: false })?.size ?? 0;
  const child = spawnPostmaster(layout, account, binaries, address, settings);
  // These listeners outlive the start: they must do nothing but remember.
  let failure: string | undefined;
  let exited = false;
  child.once("error", (error) => {
    failure = error.message;
  });
  child.once("exit", () => {
    exited = true;
  });
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (failure === undefined && !exited) {
    // Asking before it is ready would only fill its log.
    if (runningPostmaster(layout)?.ready && (await ping(address))) return undefined;
    if (Date.now() > deadline) {
      child.kill("SIGINT");
      return `no answer within ${READY_TIMEOUT_MS / 1000} s: ${lastComplaint(layout, logStart)}`;
    }
    await sleep(READY_POLL_MS);
  }
  return failure ?? lastComplaint(layout, logStart);
}

/** A postmaster that lives but does not answer is starting, recovering or stopping: wait until it is one or the other. */
async function waitForExisting(layout: Layout, host: string, password: string): Promise<Address | undefined> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    const running = runningPostmaster(layout);
    if (!running) return undefined;
    const address = { host: running.host || host, port: running.port, password };
    if (await ping(address)) return address;
    if (Date.now() > deadline) {
      throw new EmbeddedPostgresError(
        `PostgreSQL (process ${running.pid}) runs in ${layout.cluster} but does not answer on port ${running.port}; see ${layout.logFile}, or end it`,
      );
    }
    await sleep(READY_POLL_MS);
  }
}

/** A port asked for is that or an error; a remembered one gives way when something else took it meanwhile. */
async function choosePort(layout: Layout, host: string, wanted: number | undefined): Promise<number> {
  if (wanted) {
    if (!(await isPortBusy(host, wanted))) return wanted;
    const holder = holderOfPort(wanted);
    throw new EmbeddedPostgresError(
      `port ${wanted} is taken${holder ? ` by ${holder}` : ""}: end that, or give PostgreSQL another port`,
    );
  }
  const remembered = Number(fs.existsSync(layout.port) ? fs.readFileSync(layout.port, "utf8") : 0);
  if (remembered > 0 && !(await isPortBusy(host, remembered))) return remembered;
  return freePort(host);
}

async function describe(
  layout: Layout,
  address: Address,
  how: EmbeddedPostgres["how"],
  pid = runningPostmaster(layout)?.pid,
): Promise<EmbeddedPostgres> {
  await ensureDatabase(address);
  return {
    url: urlOf(address, DATABASE_NAME),
    adminUrl: urlOf(address, "postgres"),
    port: address.port,
    pid: pid ?? 0,
    how,
    logFile: layout.logFile,
    dataDirectory: layout.root,
  };
}

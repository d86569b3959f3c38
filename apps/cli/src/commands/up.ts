/**
 * `evertrack up`: claim the data directory → database → migrations → instances → greet → stay until told to stop.
 * Whatever fails after the claim ends what was begun and gives the directory back.
 */
import { CliError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { durationText } from "../output/amounts.ts";
import type { Terminal } from "../output/terminal.ts";
import { commandLine, VERSION } from "../program-name.ts";
import { endingText } from "../up/child-process.ts";
import { type DataDirectory, dataDirectory, migrationLog, prepareDataDirectory } from "../up/data-directory.ts";
import { provideDatabase } from "../up/database.ts";
import { greetingLines } from "../up/greeting.ts";
import { planInstances } from "../up/instances.ts";
import { lastWords } from "../up/log-lines.ts";
import { runMigrations } from "../up/migrations.ts";
import { planPorts, requireFreePorts } from "../up/ports.ts";
import { identify } from "../up/process-identity.ts";
import { endProcesses, orphansOf, waitUntilRunning } from "../up/running.ts";
import { serverProgram } from "../up/server-program.ts";
import { claimState, removeState, type UpState, writeState } from "../up/state-file.ts";
import { StopRequests } from "../up/stop-requests.ts";
import { StartFailure, SUPERVISOR_LIMITS, Supervisor } from "../up/supervisor.ts";
import { firstLoginOf, tell, upResult } from "../up/telling.ts";

/** Options of `up`. */
export interface UpOptions {
  readonly dataDir?: string;
  readonly port: number;
  readonly managementPort: number;
  readonly instances: number;
  readonly host: string;
}

const CLAIMS_MAX = 5;

/** Runs until stopped; returns at once if the same version runs already. */
export async function up(options: UpOptions, terminal: Terminal): Promise<void> {
  const directory = dataDirectory(options.dataDir);
  const ports = planPorts(options.port, options.managementPort, options.instances);
  prepareDataDirectory(directory);
  const stop = new StopRequests();
  try {
    for (let attempt = 0; attempt < CLAIMS_MAX; attempt++) {
      const state = newState(options, ports);
      const claim = claimState(directory.stateFile, state);
      if (claim.claimed) return await own(options, directory, state, claim.stale, stop, terminal);
      if (await joinRunning(options, directory, claim.other, stop, terminal)) return;
    }
    throw new CliError(EXIT.failed, `Others keep starting and ending Evertrack on ${directory.root}.`);
  } catch (error) {
    if (error !== stop.signal.reason) throw error;
    terminal.line("Stopped before it was ready.");
  } finally {
    stop.release();
  }
}

/** Reports the running one; false if it ended while we waited, so that we may try ourselves. */
async function joinRunning(
  options: UpOptions,
  directory: DataDirectory,
  other: UpState,
  stop: StopRequests,
  terminal: Terminal,
): Promise<boolean> {
  if (other.version !== VERSION) {
    throw new CliError(EXIT.refused, `Evertrack ${other.version} runs on ${directory.root}; this is ${VERSION}.`, {
      details: [
        "Replacing a running version by another is not available yet.",
        `Stop it first: ${commandLine("down", directory)}`,
      ],
    });
  }
  if (other.phase !== "running") terminal.note(`Evertrack on ${directory.root} is ${other.phase}; waiting for it.`);
  const state = await waitUntilRunning(directory, stop.signal);
  if (state === undefined) return false;
  terminal.line(`Evertrack ${state.version} is already running (process ${state.owner.pid}, since ${state.since}).`);
  if (state.instances[0]?.port !== options.port || state.instances.length !== options.instances) {
    terminal.line("  It keeps the ports and the number of instances it was started with.");
  }
  for (const line of greetingLines(state, directory, firstLoginOf(directory, false))) terminal.line(line);
  terminal.result(upResult("already-running", state, directory));
  return true;
}

async function own(
  options: UpOptions,
  directory: DataDirectory,
  state: UpState,
  stale: UpState | undefined,
  stop: StopRequests,
  terminal: Terminal,
): Promise<void> {
  try {
    await endOrphans(stale, terminal);
    await requirePortsOf(state);
    await serve(options, directory, state, stop, terminal);
  } finally {
    removeState(directory.stateFile);
  }
}

/** From database to the end of the last instance. */
async function serve(
  options: UpOptions,
  directory: DataDirectory,
  initial: UpState,
  stop: StopRequests,
  terminal: Terminal,
): Promise<void> {
  let state = initial;
  const record = (change: Partial<UpState>) => {
    state = { ...state, ...change };
    writeState(directory.stateFile, state);
  };
  terminal.line(`Evertrack ${VERSION}`);
  terminal.line(`  data        ${directory.root}`);
  const program = serverProgram();
  const database = await step(
    terminal,
    "database",
    () => provideDatabase(directory, options.instances),
    (it) => it.description,
  );
  const plans = planInstances(state, directory, database);
  const migrate = () =>
    runMigrations(program, plans[0]?.env ?? {}, migrationLog(directory), stop.signal).catch(async (error: unknown) => {
      await requirePortsOf(state);
      throw error;
    });
  await step(terminal, "migrations", migrate, () => "done");
  const supervisor = new Supervisor(program, plans, SUPERVISOR_LIMITS, (event) => {
    if (event.kind === "started") {
      const { index, process } = event;
      record({
        instances: state.instances.map((instance) => (instance.index === index ? { ...instance, process } : instance)),
      });
    }
    if (state.phase !== "starting") tell(terminal, event, directory);
  });
  const onForce = () => void supervisor.stop(true);
  stop.forced.addEventListener("abort", onForce, { once: true });
  try {
    await step(
      terminal,
      "server",
      () => startAll(supervisor, state, stop.signal),
      () => "ready",
    );
    record({ phase: "running" });
    for (const line of greetingLines(state, directory, firstLoginOf(directory, database.fresh))) terminal.line(line);
    terminal.line("  Ctrl-C      stops the server; the database keeps running");
    terminal.result(upResult("running", state, directory));
    await Promise.race([stop.requested, supervisor.ended()]);
    if (!stop.signal.aborted)
      throw new CliError(EXIT.failed, "Every server instance kept ending; gave up.", {
        details: [`See the logs below ${directory.logs}`],
      });
  } finally {
    record({ phase: "stopping" });
    if (stop.signal.aborted)
      terminal.line("\nStopping: running work is finished or handed back (Ctrl-C again ends at once).");
    await supervisor.stop(stop.forced.aborted);
  }
  terminal.result(upResult("stopped", state, directory));
  if (database.embedded)
    terminal.line(`The database is still running. Stop it with: ${commandLine("down", directory)}`);
}

async function startAll(supervisor: Supervisor, state: UpState, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  try {
    await Promise.race([supervisor.start(), aborted]);
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error;
    const { index, log } = error.plan;
    if (error.ending !== undefined) await requirePortsOf({ host: state.host, instances: [error.plan] });
    const how = error.ending === undefined ? "did not become ready in time" : `ended: ${endingText(error.ending)}`;
    throw new CliError(EXIT.failed, `Server instance ${index} ${how}.`, {
      details: [...lastWords(log, error.logFrom), `Full log: ${log}`],
      cause: error,
    });
  }
}

/** Asked again after a failed start: if somebody took a port meanwhile, who it was helps more than what the server says. */
async function requirePortsOf(of: {
  readonly host: string;
  readonly instances: readonly { readonly port: number; readonly managementPort: number }[];
}): Promise<void> {
  await requireFreePorts(
    of.host,
    of.instances.flatMap(({ port, managementPort }) => [port, managementPort]),
  );
}

async function endOrphans(stale: UpState | undefined, terminal: Terminal): Promise<void> {
  const orphans = orphansOf(stale);
  if (orphans.length === 0) return;
  terminal.note(`An earlier "up" was killed; ending the ${orphans.length} server process(es) it left behind.`);
  await endProcesses(orphans, "SIGTERM");
}

async function step<T>(
  terminal: Terminal,
  label: string,
  work: () => Promise<T>,
  said: (value: T) => string,
): Promise<T> {
  const startedAt = performance.now();
  terminal.progress(`  ${label.padEnd(10)}  …`);
  const value = await work();
  terminal.line(`  ${label.padEnd(10)}  ${said(value)} (${durationText(performance.now() - startedAt)})`);
  return value;
}

function newState(options: UpOptions, ports: readonly { port: number; managementPort: number }[]): UpState {
  return {
    format: 1,
    phase: "starting",
    owner: identify(process.pid),
    version: VERSION,
    host: options.host,
    since: new Date().toISOString(),
    instances: ports.map((entry, index) => ({ index, ...entry })),
  };
}

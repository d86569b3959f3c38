/**
 * `evertrack up`: claim the data directory → database → migrations → instances → greet → stay until told to stop.
 * Whatever fails after the claim ends what was begun and gives the directory back. Where another version has the directory,
 * this one takes its place while it serves: see up/takeover.
 */
import { CliError, messageOf } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import type { Terminal } from "../output/terminal.ts";
import { commandLine, VERSION } from "../program-name.ts";
import { StateRecord, type UpContext } from "../up/context.ts";
import { type DataDirectory, dataDirectory, prepareDataDirectory } from "../up/data-directory.ts";
import { databaseKey } from "../up/database.ts";
import { greetingLines } from "../up/greeting.ts";
import { planPorts, requireFreePorts } from "../up/ports.ts";
import { identify, isAlive } from "../up/process-identity.ts";
import { endProcesses, orphansOf, waitUntilRunning } from "../up/running.ts";
import { serverProgram } from "../up/server-program.ts";
import { prepareDatabase, startError, startInstances, stay, superviseInstances } from "../up/serving.ts";
import { ListeningSockets } from "../up/sockets.ts";
import { claimState, ownsState, readState, removeState, type UpState } from "../up/state-file.ts";
import { StopRequests } from "../up/stop-requests.ts";
import { replaceRunning } from "../up/takeover/command.ts";
import { ControlServer, removeControl } from "../up/takeover/control-server.ts";
import type { Takeover } from "../up/takeover/protocol.ts";
import { Succession } from "../up/takeover/succession.ts";
import { AttachedCommand, takeoverOf } from "../up/takeover/successor.ts";
import { takeOver } from "../up/takeover/take-over.ts";
import { firstLoginOf, upResult } from "../up/telling.ts";
import { compareVersions } from "../up/versions.ts";

/** Options of `up`. */
export interface UpOptions {
  readonly dataDir?: string;
  readonly port: number;
  readonly managementPort: number;
  readonly instances: number;
  readonly host: string;
  /** Take the place of a running one of the same version too. */
  readonly replace?: boolean;
  /** Take the place of a newer one. */
  readonly allowDowngrade?: boolean;
  /** How long an instance may take to become ready, in seconds. */
  readonly readyTimeout: number;
}

interface PortPair {
  readonly port: number;
  readonly managementPort: number;
}

const CLAIMS_MAX = 5;

/** Runs until stopped; returns at once if the same version runs already. */
export async function up(options: UpOptions, terminal: Terminal): Promise<void> {
  const directory = dataDirectory(options.dataDir);
  const ports = planPorts(options.port, options.managementPort, options.instances);
  prepareDataDirectory(directory);
  const takeover = takeoverOf();
  if (takeover !== undefined) return await succeed(options, directory, takeover, terminal.json);
  const stop = new StopRequests();
  try {
    for (let attempt = 0; attempt < CLAIMS_MAX; attempt++) {
      refuseDuringTakeover(directory);
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

/** A successor whose predecessor was killed has the sockets, and owns the directory in a moment. */
function refuseDuringTakeover(directory: DataDirectory): void {
  const [next, current] = [readState(directory.nextStateFile), readState(directory.stateFile)];
  if (next === undefined || !isAlive(next.owner) || (current !== undefined && isAlive(current.owner))) return;
  throw new CliError(EXIT.notYet, `Evertrack ${next.version} is taking over ${directory.root} right now.`, {
    details: ["Try again in a moment."],
  });
}

/** Reports or replaces the running one; false if it ended while we waited, so that we may try ourselves. */
async function joinRunning(
  options: UpOptions,
  directory: DataDirectory,
  other: UpState,
  stop: StopRequests,
  terminal: Terminal,
): Promise<boolean> {
  const replaces = mayReplace(options, directory, other);
  if (other.phase !== "running") terminal.note(`Evertrack on ${directory.root} is ${other.phase}; waiting for it.`);
  const state = await waitUntilRunning(directory, stop.signal);
  if (state === undefined) return false;
  if (replaces && state.owner.pid === other.owner.pid) return await replace(directory, state, terminal);
  terminal.line(`Evertrack ${state.version} is already running (process ${state.owner.pid}, since ${state.since}).`);
  if (state.instances[0]?.port !== options.port || state.instances.length !== options.instances) {
    terminal.line("  It keeps the ports and the number of instances it was started with.");
  }
  for (const line of greetingLines(state, directory, firstLoginOf(directory, false))) terminal.line(line);
  terminal.result(upResult("already-running", state, directory));
  return true;
}

function mayReplace(options: UpOptions, directory: DataDirectory, other: UpState): boolean {
  const order = compareVersions(VERSION, other.version);
  if (order > 0) return true;
  if (order === 0) return options.replace === true;
  if (options.allowDowngrade === true) return true;
  throw new CliError(
    EXIT.refused,
    `Evertrack ${other.version} runs on ${directory.root}; this is ${VERSION}, an older one.`,
    {
      details: [
        "Before an upgrade is finalized the older version may come back:",
        `  ${commandLine("up --allow-downgrade", directory)}`,
      ],
    },
  );
}

async function replace(directory: DataDirectory, state: UpState, terminal: Terminal): Promise<true> {
  if (state.control === undefined) {
    throw new CliError(EXIT.refused, `Evertrack ${state.version} runs on ${directory.root} and cannot hand over.`, {
      details: [`Stop it first: ${commandLine("down", directory)}`],
    });
  }
  terminal.note(`Evertrack ${state.version} runs (process ${state.owner.pid}); it serves until ${VERSION} is ready.`);
  await replaceRunning(state.control);
  return true;
}

/** This process was started by the running one to take its place; its terminal is that of the command typed. */
async function succeed(options: UpOptions, directory: DataDirectory, takeover: Takeover, json: boolean): Promise<void> {
  const stop = new StopRequests();
  const command = new AttachedCommand(takeover, json, stop);
  const state = newState({ ...options, host: takeover.host }, takeover.instances);
  const record = new StateRecord(directory.nextStateFile, state);
  try {
    await takeOver(contextOf(options, directory, command.terminal, stop, record), takeover);
    await command.exit();
  } catch (error) {
    await command.exit(error instanceof CliError ? error : new CliError(EXIT.failed, messageOf(error)));
    throw error;
  } finally {
    if (ownsState(directory.stateFile)) removeState(directory.stateFile);
    stop.release();
  }
}

function contextOf(
  options: UpOptions,
  directory: DataDirectory,
  terminal: Terminal,
  stop: StopRequests,
  record: StateRecord,
): UpContext {
  return { directory, terminal, stop, record, program: serverProgram(), readyTimeoutMs: options.readyTimeout * 1_000 };
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
    await endOrphans(stale, directory, terminal);
    await requirePortsOf(state);
    const record = new StateRecord(directory.stateFile, state);
    await serve(contextOf(options, directory, terminal, stop, record));
  } finally {
    if (ownsState(directory.stateFile)) removeState(directory.stateFile);
  }
}

/** From the sockets to the end of the last instance. */
async function serve(context: UpContext): Promise<void> {
  const { directory, terminal, record } = context;
  terminal.line(`Evertrack ${VERSION}`);
  terminal.line(`  data        ${directory.root}`);
  const sockets = await ListeningSockets.bind(record.state.host, record.state.instances);
  try {
    const database = await prepareDatabase(context);
    const supervisor = superviseInstances(context, database, sockets);
    const succession = new Succession({ directory, sockets, terminal, state: () => record.state });
    const control = await ControlServer.open(directory, (request, connection) =>
      succession.answer(request, connection),
    );
    try {
      await startInstances(context, supervisor);
      await supervisor.keep();
    } catch (error) {
      record.change({ phase: "stopping" });
      await supervisor.stop();
      await control.close();
      throw startError(error);
    }
    record.change({ phase: "running", control: control.path });
    await stay(context, { supervisor, succession, control, database });
  } finally {
    sockets?.close();
  }
}

async function requirePortsOf({ host, instances }: UpState): Promise<void> {
  await requireFreePorts(
    host,
    instances.flatMap(({ port, managementPort }) => [port, managementPort]),
  );
}

/** What a killed `up` and a killed successor left behind. */
async function endOrphans(stale: UpState | undefined, directory: DataDirectory, terminal: Terminal): Promise<void> {
  const next = readState(directory.nextStateFile);
  removeState(directory.nextStateFile);
  for (const { control } of [stale, next].filter((state) => state !== undefined)) if (control) removeControl(control);
  const orphans = [...orphansOf(stale), ...orphansOf(next)];
  if (orphans.length === 0) return;
  terminal.note(`An earlier "up" was killed; ending the ${orphans.length} server process(es) it left behind.`);
  await endProcesses(orphans, "SIGTERM");
}

function newState(options: UpOptions, ports: readonly PortPair[]): UpState {
  return {
    format: 1,
    phase: "starting",
    owner: identify(process.pid),
    version: VERSION,
    host: options.host,
    since: new Date().toISOString(),
    database: databaseKey(),
    instances: ports.map(({ port, managementPort }, index) => ({ index, port, managementPort })),
  };
}

/** The stretches every `up` goes through: database and migrations, instances, and the time until it is told to end. */
import { CliError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { durationText } from "../output/amounts.ts";
import type { Terminal } from "../output/terminal.ts";
import { commandLine } from "../program-name.ts";
import { endingText } from "./child-process.ts";
import type { UpContext } from "./context.ts";
import { migrationLog } from "./data-directory.ts";
import { type Database, provideDatabase } from "./database.ts";
import { greetingLines } from "./greeting.ts";
import { planInstances } from "./instances.ts";
import { lastWords } from "./log-lines.ts";
import { runMigrations } from "./migrations.ts";
import type { ListeningSockets } from "./sockets.ts";
import { StartFailure, SUPERVISOR_LIMITS, Supervisor } from "./supervisor.ts";
import type { ControlServer } from "./takeover/control-server.ts";
import type { Succession } from "./takeover/succession.ts";
import { firstLoginOf, tell, upResult } from "./telling.ts";

/** How the server says that its version may not join, which is no fault of it. */
const REFUSED_STATUS = 3;

/** Finds or starts the database and brings its schema up to this version. */
export async function prepareDatabase(context: UpContext): Promise<Database> {
  const { directory, terminal, record, program, stop } = context;
  const database = await step(
    terminal,
    "database",
    () => provideDatabase(directory, record.state.instances.length),
    (it) => it.description,
  );
  const env = planInstances(record.state, directory, database, undefined)[0]?.env ?? {};
  const migrate = () => runMigrations(program, env, migrationLog(directory), stop.signal);
  await step(terminal, "migrations", migrate, () => "done");
  return database;
}

/** Makes the supervisor of the instances, which are not started yet; the record follows what happens to them. */
export function superviseInstances(
  { directory, terminal, record, program, stop, readyTimeoutMs }: UpContext,
  database: Database,
  sockets: ListeningSockets | undefined,
): Supervisor {
  const plans = planInstances(record.state, directory, database, sockets);
  const limits = { ...SUPERVISOR_LIMITS, readyTimeoutMs };
  const supervisor = new Supervisor(program, plans, limits, (event) => {
    if (event.kind === "started") {
      const { index, process } = event;
      const instances = record.state.instances.map((instance) =>
        instance.index === index ? { ...instance, process } : instance,
      );
      record.change({ instances });
    }
    if (record.state.phase !== "starting") tell(terminal, event, directory);
  });
  stop.forced.addEventListener("abort", () => void supervisor.stop("kill"), { once: true });
  return supervisor;
}

/** Starts all instances and waits until they are ready; `proofMs` is how long none of them may end after that. */
export async function startInstances(context: UpContext, supervisor: Supervisor, proofMs = 0): Promise<void> {
  const { signal } = context.stop;
  signal.throwIfAborted();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  const start = async () => {
    await supervisor.start();
    await supervisor.prove(proofMs, signal);
  };
  await step(
    context.terminal,
    "server",
    () => Promise.race([start(), aborted]),
    () => "ready",
  );
}

/** What went wrong with a start, for people. */
export function startError(error: unknown): unknown {
  if (!(error instanceof StartFailure)) return error;
  const { index, log } = error.plan;
  const how = error.ending === undefined ? "did not become ready in time" : `ended: ${endingText(error.ending)}`;
  const exitCode = error.ending?.code === REFUSED_STATUS ? EXIT.refused : EXIT.failed;
  return new CliError(exitCode, `Server instance ${index} ${how}.`, {
    details: [...lastWords(log, error.logFrom), `Full log: ${log}`],
    cause: error,
  });
}

/** What serves, and what may end it. */
export interface Serving {
  readonly supervisor: Supervisor;
  readonly succession: Succession;
  readonly control: ControlServer;
  readonly database: Database;
}

/** Greets, then stays until told to stop, until a successor has taken over, or until every instance was given up. */
export async function stay(context: UpContext, { supervisor, succession, control, database }: Serving): Promise<void> {
  const { directory, terminal, record, stop } = context;
  try {
    for (const text of greetingLines(record.state, directory, firstLoginOf(directory, database.fresh)))
      terminal.line(text);
    terminal.line("  Ctrl-C      stops the server; the database keeps running");
    terminal.result(upResult("running", record.state, directory));
    await Promise.race([stop.requested, succession.yielded, supervisor.ended()]);
    if (!stop.signal.aborted) await succession.settled();
    if (!stop.signal.aborted && !succession.hasYielded) throw gaveUp(context);
  } finally {
    await leave(context, supervisor, succession);
    await control.close();
  }
  if (succession.hasYielded) return;
  terminal.result(upResult("stopped", record.state, directory));
  if (database.embedded)
    terminal.line(`The database is still running. Stop it with: ${commandLine("down", directory)}`);
}

async function leave({ terminal, record, stop }: UpContext, supervisor: Supervisor, succession: Succession) {
  if (succession.hasYielded) terminal.line("\nA new version has taken over; what is under way here is finished.");
  else {
    record.change({ phase: "stopping" });
    await succession.end();
    if (stop.signal.aborted)
      terminal.line("\nStopping: running work is finished or handed back (Ctrl-C again ends at once).");
  }
  await supervisor.stop(endingOf(succession, stop.forced));
}

function endingOf(succession: Succession, forced: AbortSignal): "kill" | "replaced" | "drain" {
  if (forced.aborted) return "kill";
  return succession.hasYielded ? "replaced" : "drain";
}

function gaveUp({ directory }: UpContext): CliError {
  return new CliError(EXIT.failed, "Every server instance kept ending; gave up.", {
    details: [`See the logs below ${directory.logs}`],
  });
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

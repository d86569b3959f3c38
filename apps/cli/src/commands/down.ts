import { statusOf, stopPostgres } from "@evertrack/embedded-postgres";
import type { Terminal } from "../output/terminal.ts";
import { type DataDirectory, dataDirectory } from "../up/data-directory.ts";
import { isAlive } from "../up/process-identity.ts";
import { endProcesses, orphansOf } from "../up/running.ts";
import { readState, removeState, type UpState } from "../up/state-file.ts";
import { removeControl } from "../up/takeover/control-server.ts";

/** Options of `down`. */
export interface DownOptions {
  readonly dataDir?: string;
}

/** The running one, and those that take over while this command runs. */
const OWNERS_MAX = 4;

/** Stops the server(s) of a data directory in order, then its database. Data stays; nothing running is fine too. */
export async function down(options: DownOptions, terminal: Terminal): Promise<void> {
  const directory = dataDirectory(options.dataDir);
  const server = await stopServer(directory, terminal);
  const database = statusOf(directory.postgres).running;
  if (database) {
    terminal.progress("Stopping the database …");
    await stopPostgres({ dataDirectory: directory.postgres, mode: "fast" });
  }
  terminal.clear();
  terminal.result({ dataDirectory: directory.root, stopped: { server, database } });
  if (!server && !database) return terminal.line(`Nothing is running on ${directory.root}.`);
  const parts = [...(server ? ["the server"] : []), ...(database ? ["the database"] : [])];
  terminal.line(`Stopped ${parts.join(" and ")} of ${directory.root}. The data is kept.`);
}

async function stopServer(directory: DataDirectory, terminal: Terminal): Promise<boolean> {
  const files = [directory.stateFile, directory.nextStateFile];
  let stopped = 0;
  // One may be taking over from another; who is told to end first ends the other, or has just been followed by it.
  for (let round = 0; round < OWNERS_MAX; round++) {
    const owners = statesOf(files).flatMap(({ owner }) => (isAlive(owner) ? [owner] : []));
    if (owners.length === 0) break;
    terminal.progress("Stopping the server: running work is finished or handed back …");
    stopped += owners.length;
    await endProcesses(owners.slice(0, 1), "SIGTERM");
  }
  // What a killed `up` left behind, now or earlier.
  const left = statesOf(files);
  const orphans = left.flatMap(orphansOf);
  await endProcesses(orphans, "SIGTERM");
  for (const { control } of left) if (control !== undefined) removeControl(control);
  for (const file of files) if (!left.some(({ owner }) => isAlive(owner))) removeState(file);
  return stopped + orphans.length > 0;
}

function statesOf(files: readonly string[]): UpState[] {
  return files.flatMap((file) => readState(file) ?? []);
}

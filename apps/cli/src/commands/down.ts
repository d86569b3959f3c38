import { statusOf, stopPostgres } from "@evertrack/embedded-postgres";
import type { Terminal } from "../output/terminal.ts";
import { dataDirectory } from "../up/data-directory.ts";
import { endProcesses, orphansOf, runningUp } from "../up/running.ts";
import { readState, removeState } from "../up/state-file.ts";

/** Options of `down`. */
export interface DownOptions {
  readonly dataDir?: string;
}

/** Stops the server(s) of a data directory in order, then its database. Data stays; nothing running is fine too. */
export async function down(options: DownOptions, terminal: Terminal): Promise<void> {
  const directory = dataDirectory(options.dataDir);
  const server = await stopServer(directory.stateFile, () => runningUp(directory), terminal);
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

async function stopServer(
  stateFile: string,
  running: () => ReturnType<typeof runningUp>,
  terminal: Terminal,
): Promise<boolean> {
  const state = running();
  if (state !== undefined) {
    terminal.progress("Stopping the server: running work is finished or handed back …");
    await endProcesses([state.owner], "SIGTERM");
  }
  // What a killed `up` left behind, now or earlier.
  const orphans = orphansOf(state ?? readState(stateFile));
  await endProcesses(orphans, "SIGTERM");
  if (running() === undefined) removeState(stateFile);
  return state !== undefined || orphans.length > 0;
}

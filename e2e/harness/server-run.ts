import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { environmentOf, programOf, type ServerOptions } from "./server-process.ts";

const RUN_TIMEOUT_MS = 120_000;

export interface RunOptions extends ServerOptions {
  /** What the program does instead of serving, with its arguments. */
  word?: readonly string[];
  /** kill -9 when it still runs after so long, or when something has happened. */
  kill?: Kill;
}

export type Kill = { afterMs: number } | { once: Promise<unknown> };

/** How a program ended: its exit status, null after a kill, and everything it said. */
export interface RanServer {
  readonly status: number | null;
  readonly output: string;
}

/** Runs a server program that is to end by itself. */
export async function runServer(options: RunOptions): Promise<RanServer> {
  const serve = ["-host", "127.0.0.1", "-port", "0"];
  const child = spawn(process.execPath, [programOf(options), ...(options.word ?? serve)], {
    env: environmentOf(options),
    stdio: ["ignore", "pipe", "pipe"],
    cwd: options.dataDirectory,
    timeout: RUN_TIMEOUT_MS,
    killSignal: "SIGKILL",
  });
  const { kill } = options;
  if (kill !== undefined) void ("once" in kill ? kill.once : delay(kill.afterMs)).then(() => child.kill("SIGKILL"));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += chunk));
  const [status] = (await once(child, "close")) as [number | null];
  return { status, output };
}

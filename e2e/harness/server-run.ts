import { spawn } from "node:child_process";
import { once } from "node:events";
import { environmentOf, SERVER_PROGRAM, type ServerOptions } from "./server-process.ts";

const RUN_TIMEOUT_MS = 120_000;

/** Runs a server program that is to end by itself; its exit status and everything it said. */
export async function runServer(options: ServerOptions): Promise<{ status: number | null; output: string }> {
  const child = spawn(process.execPath, [SERVER_PROGRAM, "-host", "127.0.0.1", "-port", "0"], {
    env: environmentOf(options),
    stdio: ["ignore", "pipe", "pipe"],
    cwd: options.dataDirectory,
    timeout: RUN_TIMEOUT_MS,
    killSignal: "SIGKILL",
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += chunk));
  const [status] = (await once(child, "close")) as [number | null];
  return { status, output };
}

/** The server program in the foreground: its output is ours, signals are handed down. */
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { EXIT } from "../exit-codes.ts";
import { type Ending, endingOf } from "./child-process.ts";
import { serverProgram } from "./server-program.ts";

/** Runs the server program with these arguments until it ends; its results go to our stdout, or to stderr. */
export async function runInForeground(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  output: "inherit" | "stderr",
): Promise<Ending> {
  const program = serverProgram();
  const STDERR = 2;
  const stdout = output === "stderr" ? STDERR : "inherit";
  const child = spawn(program.command, [...program.args, ...args], { env, stdio: ["inherit", stdout, "inherit"] });
  const release = handSignalsDown(child);
  try {
    return await endingOf(child);
  } finally {
    release();
  }
}

/** A terminal sends Ctrl-C to the child as well; everything else comes to us alone. */
function handSignalsDown(child: ChildProcess): () => void {
  const signals = ["SIGTERM", "SIGHUP", "SIGINT"] as const;
  const onSignal = (signal: NodeJS.Signals) => {
    if (signal === "SIGINT" && process.stdin.isTTY) return;
    child.kill(signal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}

/** Shells' convention: 128 + number of the signal. */
export function exitCodeOf({ code, signal }: Ending): number {
  const SIGNAL_BASE = 128;
  return signal === null ? (code ?? EXIT.failed) : SIGNAL_BASE + constants.signals[signal];
}

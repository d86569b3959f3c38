/**
 * Runs a program in our place: same terminal, signals handed down, its exit status (or the signal it died of) handed up.
 */
import { spawn } from "node:child_process";
import { delimiter } from "node:path";

const handedDown = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR2"];
/** A terminal sends these to every process of the foreground group, the child included: sending them again would count twice. */
const terminalSends = new Set(["SIGINT", "SIGQUIT"]);

/** Starts `program` and ends this process the way it ends; settles only when it cannot be started. */
export function passOn(program, args, { cwd, pathFirst }) {
  const PATH = [...pathFirst, process.env.PATH ?? ""].join(delimiter);
  const child = spawn(program, args, { cwd, stdio: "inherit", env: { ...process.env, PATH } });
  for (const signal of handedDown) {
    process.on(signal, () => {
      if (process.stdin.isTTY && terminalSends.has(signal)) return;
      child.kill(signal);
    });
  }
  return new Promise((_resolve, reject) => {
    child.on("error", (cause) => reject(new Error(`cannot start ${program}: ${cause.message}`, { cause })));
    child.on("exit", (code, signal) => {
      if (signal === null) process.exit(code ?? 1);
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    });
  });
}

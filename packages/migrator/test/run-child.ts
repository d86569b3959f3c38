import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import type { Phase } from "../src/index.ts";

const CHILD = path.join(import.meta.dirname, "migrate-program.ts");

/** A migration in a process of its own. */
export type MigrationProcess = {
  child: ChildProcess;
  output(): string;
  ended: Promise<{ code: number | null; signal: string | null; output: string }>;
};

/** Starts one (without optimising the parser, which would only delay its end); with `dieAt` it kills itself after its n-th query. */
export function startMigration(
  url: string,
  directory: string,
  dieAt?: string,
  phase: Phase = "expand",
): MigrationProcess {
  const child = spawn(process.execPath, ["--liftoff-only", CHILD, url, directory, ...(dieAt ? [dieAt, phase] : [])], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output += chunk;
  });
  const ended = new Promise<{ code: number | null; signal: string | null; output: string }>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal, output }));
  });
  return { child, output: () => output, ended };
}

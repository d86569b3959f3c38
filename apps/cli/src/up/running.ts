/** Looking at, waiting for, and ending what another process runs on a data directory. */
import { setTimeout as sleep } from "node:timers/promises";
import { CliError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import type { DataDirectory } from "./data-directory.ts";
import { isReady } from "./health.ts";
import { isAlive, type ProcessIdentity, signalProcess } from "./process-identity.ts";
import { reachableHost, readState, type UpState } from "./state-file.ts";

const READY_WAIT_MAX_MS = 180_000;
const READY_POLL_MS = 250;
/** Longer than the supervisor's own patience, which ends in SIGKILL. */
const END_WAIT_MAX_MS = 90_000;
const END_POLL_MS = 50;

/** The state of a live `up` on the data directory, if there is one. */
export function runningUp(directory: DataDirectory): UpState | undefined {
  const state = readState(directory.stateFile);
  return state !== undefined && isAlive(state.owner) ? state : undefined;
}

/** True when every recorded instance answers that it is ready. */
export async function allReady(state: UpState): Promise<boolean> {
  const host = reachableHost(state.host);
  const answers = await Promise.all(
    state.instances.map(async ({ process, port, managementPort }) => {
      return process !== undefined && isAlive(process) && (await isReady(host, managementPort, port));
    }),
  );
  return answers.length > 0 && answers.every(Boolean);
}

/** Waits until the other `up` serves and returns its state; undefined if it ended meanwhile. */
export async function waitUntilRunning(directory: DataDirectory, signal: AbortSignal): Promise<UpState | undefined> {
  const deadline = performance.now() + READY_WAIT_MAX_MS;
  while (performance.now() < deadline) {
    const state = runningUp(directory);
    if (state === undefined) return undefined;
    if (state.phase === "running" && (await allReady(state))) return state;
    await sleep(READY_POLL_MS, undefined, { signal });
  }
  throw new CliError(EXIT.unreachable, `Evertrack on ${directory.root} is running but does not become ready.`, {
    details: [`See the logs below ${directory.logs}`, "Stop it with: evertrack down"],
  });
}

/** Waits for processes to end; those still alive after the limit are killed. Returns how many needed that. */
export async function endProcesses(
  processes: readonly ProcessIdentity[],
  signal: "SIGTERM" | "SIGINT",
): Promise<number> {
  for (const process of processes) signalProcess(process, signal);
  const deadline = performance.now() + END_WAIT_MAX_MS;
  while (processes.some(isAlive) && performance.now() < deadline) await sleep(END_POLL_MS);
  return processes.filter((process) => signalProcess(process, "SIGKILL")).length;
}

/** Instances whose `up` was killed and that run on without it. */
export function orphansOf(state: UpState | undefined): ProcessIdentity[] {
  return (state?.instances ?? []).flatMap(({ process }) =>
    process !== undefined && isAlive(process) ? [process] : [],
  );
}

/** What `up` tells while it runs, and its results for machines. */
import { existsSync } from "node:fs";
import { durationText } from "../output/amounts.ts";
import type { Terminal } from "../output/terminal.ts";
import { endingText } from "./child-process.ts";
import type { DataDirectory } from "./data-directory.ts";
import type { FirstLogin } from "./greeting.ts";
import { type UpState, urlOf } from "./state-file.ts";
import { SUPERVISOR_LIMITS, type SupervisorEvent } from "./supervisor.ts";

/** Tells what happened to an instance after all were ready. */
export function tell(terminal: Terminal, event: SupervisorEvent, directory: DataDirectory): void {
  terminal.result(event);
  const name = `instance ${event.index}`;
  if (event.kind === "died") {
    const { ending, restart, restartInMs } = event;
    terminal.line(
      `  ${name} ended unexpectedly (${endingText(ending)}); restart ${restart} in ${durationText(restartInMs)}. Logs: ${directory.logs}`,
    );
  }
  if (event.kind === "ready") terminal.line(`  ${name} is ready again`);
  if (event.kind === "given-up") {
    terminal.line(
      `  ${name} ended ${SUPERVISOR_LIMITS.restartsMax + 1} times in a row (${endingText(event.ending)}); not restarted any more`,
    );
  }
  if (event.kind === "stopped") {
    terminal.line(`  ${name} ${event.forced ? "was killed" : "stopped"} after ${durationText(event.tookMs)}`);
  }
}

/** What is known of the administrator's password. */
export function firstLoginOf(directory: DataDirectory, freshDatabase: boolean): FirstLogin {
  if (existsSync(directory.firstLoginFile)) return "password-in-file";
  return freshDatabase ? "default-password" : "unknown";
}

/** One line for machines about the state of an `up`. */
export function upResult(state: string, up: UpState, directory: DataDirectory): Record<string, unknown> {
  return {
    state,
    version: up.version,
    url: urlOf(up),
    dataDirectory: directory.root,
    logs: directory.logs,
    pid: up.owner.pid,
    instances: up.instances.map(({ index, port, managementPort, process }) => ({
      index,
      port,
      managementPort,
      pid: process?.pid,
    })),
  };
}

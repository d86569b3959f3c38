import type { CheckResult, HealthCheck } from "./checks.ts";

type InitTaskState = "PENDING" | "STARTED" | "COMPLETED" | "FAILED" | "DISABLED";

/** Progress of the init tasks for the startup probe: UP once all are completed or disabled. */
export class InitTaskProgress implements HealthCheck {
  readonly name = "init-tasks";
  readonly kind = "startup";
  readonly #states = new Map<string, InitTaskState>();
  #finished = false;

  note(task: string, state: InitTaskState): void {
    this.#states.set(task, state);
  }

  /** All init tasks are done (or init tasks are switched off). */
  finish(): void {
    this.#finished = true;
  }

  run(): CheckResult {
    return { name: this.name, status: this.#finished ? "UP" : "DOWN", data: Object.fromEntries(this.#states) };
  }
}

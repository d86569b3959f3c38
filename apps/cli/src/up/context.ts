/** What the parts of one `up` share. */
import type { Terminal } from "../output/terminal.ts";
import type { DataDirectory } from "./data-directory.ts";
import type { ServerProgram } from "./server-program.ts";
import { ownsState, type UpState, writeState } from "./state-file.ts";
import type { StopRequests } from "./stop-requests.ts";

/** One `up`, from its claim to its end. */
export interface UpContext {
  readonly directory: DataDirectory;
  readonly terminal: Terminal;
  readonly stop: StopRequests;
  readonly program: ServerProgram;
  readonly readyTimeoutMs: number;
  readonly record: StateRecord;
}

/** The state of this `up`, kept in a file that says who runs the data directory, or who is about to. */
export class StateRecord {
  path: string;
  #state: UpState;

  constructor(path: string, state: UpState) {
    this.path = path;
    this.#state = state;
  }

  get state(): UpState {
    return this.#state;
  }

  /** Changes it here, and in the file unless a successor has put its own there. */
  change(change: Partial<UpState>): void {
    this.#state = { ...this.#state, ...change };
    if (ownsState(this.path)) writeState(this.path, this.#state);
  }
}

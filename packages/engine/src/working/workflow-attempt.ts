/**
 * One attempt of a workflow run: its code runs from the top, recorded steps answer at once.
 *
 *   operations  engine calls in progress (a step's function, a flush)
 *   pauses      calls that cannot go on in this attempt (a child still running, a sleep, a signal): they never resolve
 *
 * When no operation is in progress, the code has had its turn, and something pauses, nothing can happen any more: the attempt
 * ends as suspended and the abandoned promises are collected. Code is never unwound by an exception, so `catch`, `finally`
 * and `allSettled` in workflows mean what they say.
 */
import { Terminal } from "../authoring/errors.ts";
import type { ClaimedRun } from "../store/claim.ts";
import type { RunHistory } from "../store/history.ts";
import type { Verdict } from "../store/record-steps.ts";
import type { AttemptEnd } from "./attempt-end.ts";
import { InputInvalid } from "./failures.ts";
import { AttemptAborted, type AttemptControl, type Runtime } from "./runtime.ts";
import { STEPS_MAX } from "./step-recorder.ts";
import { workflowContext } from "./workflow-context.ts";

/** Bookkeeping of one attempt, used by the context's methods. */
export class WorkflowAttempt {
  readonly run: ClaimedRun;
  readonly history: RunHistory;
  readonly control: AttemptControl;
  readonly ended: Promise<AttemptEnd>;
  /** Starts of children in this attempt, by the child's id; rejected where there was none. */
  readonly starts = new Map<string, Promise<void>>();
  readonly #names = new Set<string>();
  #resolveEnd: (end: AttemptEnd) => void = () => undefined;
  #operations = 0;
  #pauses = 0;
  #dueMs: number | null = null;
  #closed = false;

  constructor(run: ClaimedRun, history: RunHistory, control: AttemptControl) {
    this.run = run;
    this.history = history;
    this.control = control;
    this.ended = new Promise((resolve) => {
      this.#resolveEnd = resolve;
    });
    control.signal.addEventListener("abort", () => this.close(endOfAbort(control.signal.reason)), { once: true });
    control.onDraining(() => this.#lookAround());
  }

  /** Ends the attempt; only the first end counts. */
  close(end: AttemptEnd): void {
    this.#closed = true;
    this.#resolveEnd(end);
  }

  /** Reserves a step name: the same name twice in one run would read the other one's result. */
  reserve(name: string): void {
    if (this.#names.has(name)) throw new Terminal(`the step name "${name}" is used twice in one run`);
    if (this.#names.size >= STEPS_MAX) throw new Terminal(`a run has at most ${STEPS_MAX} steps; continue as new`);
    this.#names.add(name);
  }

  /** Performs an engine call. After the end, and while draining, it never settles. */
  async operation<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed || this.control.isDraining()) {
      this.#lookAround();
      return never();
    }
    this.#operations++;
    try {
      return await work();
    } catch (error) {
      if (this.#closed) return never();
      if (error instanceof AttemptAborted || isAbort(error)) return never();
      throw error;
    } finally {
      this.#operations--;
      this.#lookAround();
    }
  }

  /** Waits for something that cannot happen within this attempt; `dueMs` is when to look again at the latest. */
  pause(dueMs: number | null): Promise<never> {
    this.#pauses++;
    if (dueMs !== null) this.#dueMs = this.#dueMs === null ? dueMs : Math.min(this.#dueMs, dueMs);
    this.#lookAround();
    return never();
  }

  /** Ends the attempt when a write did not land. */
  async landed(verdict: Verdict): Promise<void> {
    if (verdict === "ok") return;
    this.close(verdict === "cancelled" ? { kind: "cancelled" } : { kind: "lost" });
    await never();
  }

  /** After the code has had its turn: is there anything left but waiting? */
  #lookAround(): void {
    setImmediate(() => {
      if (this.#closed || this.#operations > 0) return;
      if (this.control.isDraining()) this.close({ kind: "handedBack" });
      else if (this.#pauses > 0) {
        const { wakes } = this.history;
        this.close({ kind: "suspended", dueMs: this.#dueMs, wakes, awaiting: this.#pauses });
      }
    });
  }
}

/** Executes one attempt of a workflow run. */
export function attemptWorkflow<Tx>(
  runtime: Runtime<Tx>,
  run: ClaimedRun,
  history: RunHistory,
  control: AttemptControl,
): Promise<AttemptEnd> {
  const attempt = new WorkflowAttempt(run, history, control);
  void execute(runtime, attempt).then(
    (output) => attempt.close({ kind: "completed", output }),
    (error: unknown) => attempt.close({ kind: "failed", error }),
  );
  return attempt.ended;
}

async function execute<Tx>(runtime: Runtime<Tx>, attempt: WorkflowAttempt): Promise<unknown> {
  const workflow = runtime.workflows.get(attempt.run.name);
  if (!workflow) throw new Terminal(`this instance does not know the workflow ${attempt.run.name}`);
  return workflow.run(workflowContext(runtime, attempt), parseInput(workflow, attempt.run.input));
}

/** The parsed input; whatever the parser throws becomes `InputInvalid`. */
export function parseInput<I>(definition: { readonly name: string; input(raw: unknown): I }, raw: unknown): I {
  try {
    return definition.input(raw);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new InputInvalid(`the input of ${definition.name} is not valid: ${message}`, { cause });
  }
}

/** The end an abort asks for. What could not be renewed is handed back when the database answers, if it is still ours then. */
export function endOfAbort(reason: unknown): AttemptEnd {
  const why = reason instanceof AttemptAborted ? reason.why : "lost";
  return { kind: why === "stopping" || why === "unreachable" ? "handedBack" : why };
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

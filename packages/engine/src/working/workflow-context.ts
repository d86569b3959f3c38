import type { RunHandle, StartOptions, WorkflowContext } from "../authoring/context.ts";
import { RunFailed, Terminal } from "../authoring/errors.ts";
import { ACTIVITY_RETRY, type RetryPolicy, retryPolicy } from "../authoring/retry.ts";
import { toJson } from "../store/json.ts";
import { isTerminal, type RunKind } from "../store/run-row.ts";
import type { SpawnRequest } from "../store/spawn-runs.ts";
import { derivedId } from "./ids.ts";
import { logOf, type Runtime } from "./runtime.ts";
import { attemptStep, recordClock, recordedOf, recordOutcome, replay } from "./step-recorder.ts";
import type { WorkflowAttempt } from "./workflow-attempt.ts";

/** One attempt of an activity may take this long unless its reference says otherwise. */
export const ACTIVITY_TIMEOUT_MS = 3_600_000;

/** Builds the context one attempt's code sees. */
export function workflowContext<Tx>(runtime: Runtime<Tx>, attempt: WorkflowAttempt): WorkflowContext {
  const { run } = attempt;
  const activityHandle: WorkflowContext["startActivity"] = (ref, input, options = {}) =>
    startChild(runtime, attempt, options.key ?? ref.name, {
      kind: "activity",
      name: ref.name,
      queue: ref.queue,
      input,
      priority: options.priority ?? null,
      retryJson: JSON.stringify(retryPolicy(ref.retry, ACTIVITY_RETRY)),
      timeoutMs: ref.timeoutMs ?? ACTIVITY_TIMEOUT_MS,
    });
  const childHandle: WorkflowContext["startChild"] = (ref, input, options = {}) =>
    startChild(runtime, attempt, options.key ?? ref.name, {
      kind: "workflow",
      name: ref.name,
      queue: ref.queue,
      input,
      ...childFields(options),
    });
  return {
    runId: run.id,
    labels: run.labels ?? {},
    generation: run.generation,
    log: logOf(runtime.log, { runId: run.id, workflow: run.name }),
    step: (name, fn, retry) => step(runtime, attempt, name, fn, retry),
    startActivity: activityHandle,
    startChild: childHandle,
    activity: async (ref, input, options) => activityHandle(ref, input, options).result(),
    child: async (ref, input, options) => childHandle(ref, input, options).result(),
    firstOf: (name, handles) => firstOf(runtime, attempt, name, handles),
    sleep: (name, ms) => sleep(runtime, attempt, name, ms),
    waitSignal: (name, options) => waitSignal(runtime, attempt, name, options?.timeoutMs),
    gate: (name) => step(runtime, attempt, `gate:${name}`, () => runtime.gate(name)),
    now: async (name = "now") => new Date(await recordedClock(runtime, attempt, `now:${name}`, 0)),
    idFor: (name) => derivedId(run.id, run.generation, "id", name),
    async continueAsNew(input) {
      attempt.close({ kind: "continued", inputJson: toJson(input, `the input of ${run.name}`) });
      return new Promise<never>(() => undefined);
    },
  };
}

async function step<Tx, T>(
  runtime: Runtime<Tx>,
  attempt: WorkflowAttempt,
  name: string,
  fn: () => Promise<T> | T,
  retry?: Partial<RetryPolicy>,
): Promise<T> {
  attempt.reserve(name);
  const recorded = attempt.history.steps.get(name);
  if (recorded) return replay(name, recorded);
  const outcome = await attempt.operation(async () => {
    const result = await attemptStep(name, fn, retry, attempt.control.signal);
    const { verdict } = await recordOutcome(runtime.buffers, attempt.run, name, result);
    await attempt.landed(verdict);
    return result;
  });
  return replay(name, recordedOf(outcome));
}

/** The database's time plus `clockPlusMs` when the run first asked, as an ISO string. */
async function recordedClock<Tx>(
  runtime: Runtime<Tx>,
  attempt: WorkflowAttempt,
  name: string,
  clockPlusMs: number,
): Promise<string> {
  attempt.reserve(name);
  const recorded = attempt.history.steps.get(name);
  if (recorded) return replay(name, recorded);
  return attempt.operation(async () => {
    const { verdict, output } = await recordClock(runtime.buffers, attempt.run, name, clockPlusMs);
    await attempt.landed(verdict);
    return String(output);
  });
}

async function sleep<Tx>(runtime: Runtime<Tx>, attempt: WorkflowAttempt, name: string, ms: number): Promise<void> {
  const untilMs = Date.parse(await recordedClock(runtime, attempt, `sleep:${name}`, ms));
  if (attempt.history.nowMs < untilMs) await attempt.pause(untilMs);
}

async function waitSignal<Tx>(
  runtime: Runtime<Tx>,
  attempt: WorkflowAttempt,
  name: string,
  timeoutMs: number | undefined,
): Promise<{ payload: unknown } | null> {
  const { history } = attempt;
  const dueMs =
    timeoutMs === undefined
      ? null
      : Date.parse(await recordedClock(runtime, attempt, `signal-deadline:${name}`, timeoutMs));
  const decided = history.steps.has(`signal:${name}`) || history.signals.has(name);
  if (decided || (dueMs !== null && history.nowMs >= dueMs)) {
    return step(runtime, attempt, `signal:${name}`, () =>
      history.signals.has(name) ? { payload: history.signals.get(name) } : null,
    );
  }
  return attempt.pause(dueMs);
}

/** The choice is a step; until one of the runs has ended there is nothing to choose. */
async function firstOf<Tx, H extends RunHandle<unknown>>(
  runtime: Runtime<Tx>,
  attempt: WorkflowAttempt,
  name: string,
  handles: readonly H[],
): Promise<H> {
  const checkpoint = `first:${name}`;
  await Promise.all(handles.map(({ runId }) => attempt.starts.get(runId)));
  const { steps, children } = attempt.history;
  const ended = handles.find(({ runId }) => isTerminal(children.get(runId)?.status ?? "CREATED"));
  if (!ended && !steps.has(checkpoint) && handles.length > 0) return attempt.pause(null);
  const chosenId = await step(runtime, attempt, checkpoint, () => ended?.runId ?? null);
  const chosen = handles.find(({ runId }) => runId === chosenId);
  if (!chosen) throw new Terminal(`firstOf "${name}": the run that was first is none of the handles`);
  return chosen;
}

interface ChildFields {
  readonly kind: RunKind;
  readonly name: string;
  readonly queue: string;
  readonly input: unknown;
  readonly priority?: number | null;
  readonly concurrencyKey?: string | null;
  readonly instanceId?: string | null;
  readonly labelsJson?: string | null;
  readonly delayMs?: number;
  readonly retryJson?: string;
  readonly timeoutMs?: number;
}

function childFields(options: StartOptions): Omit<ChildFields, "kind" | "name" | "queue" | "input"> {
  return {
    priority: options.priority ?? null,
    concurrencyKey: options.concurrencyKey ?? null,
    instanceId: options.instanceId ?? null,
    labelsJson: toJson(options.labels, "labels"),
    delayMs: options.delayMs ?? 0,
  };
}

/** The child's id derives from run, generation and key: starting it again after a crash finds the one that is there. */
function startChild<Tx, O>(
  runtime: Runtime<Tx>,
  attempt: WorkflowAttempt,
  key: string,
  fields: ChildFields,
): RunHandle<O> {
  attempt.reserve(key);
  const childId = derivedId(attempt.run.id, attempt.run.generation, "child", key);
  const known = attempt.history.children.get(childId);
  const started = known ? Promise.resolve() : attempt.operation(() => spawn(runtime, attempt, childId, key, fields));
  started.catch(() => undefined); // reported by result()
  attempt.starts.set(childId, started);
  return {
    runId: childId,
    async result() {
      await started;
      if (known?.status === "COMPLETED") return known.output as O;
      if (known?.status === "FAILED" || known?.status === "CANCELLED") {
        const cancelled = { message: "was cancelled", type: "Cancelled", retryable: false };
        throw new RunFailed(`${fields.kind} ${key}`, known.error ?? cancelled, childId);
      }
      return attempt.pause(null);
    },
  };
}

async function spawn<Tx>(
  runtime: Runtime<Tx>,
  attempt: WorkflowAttempt,
  childId: string,
  stepName: string,
  fields: ChildFields,
): Promise<void> {
  const request: SpawnRequest = {
    runId: attempt.run.id,
    fence: attempt.run.fence,
    childId,
    stepName,
    kind: fields.kind,
    name: fields.name,
    queue: fields.queue,
    inputJson: toJson(fields.input, `the input of ${fields.name}`),
    priority: fields.priority ?? null,
    concurrencyKey: fields.concurrencyKey ?? null,
    instanceId: fields.instanceId ?? null,
    labelsJson: fields.labelsJson ?? null,
    delayMs: fields.delayMs ?? 0,
    retryJson: fields.retryJson ?? null,
    timeoutMs: fields.timeoutMs ?? null,
  };
  const verdict = await runtime.buffers.spawns.add(request);
  if (verdict === "taken") {
    throw new Terminal(`${stepName}: a run with instance id ${fields.instanceId} exists already`);
  }
  await attempt.landed(verdict);
}

import type { WorkflowContext } from "./context.ts";

/** Enough of a workflow to start it: the code may be elsewhere. */
export interface WorkflowRef<I, O> {
  readonly name: string;
  readonly queue: string;
  /** Carries the types only; never set. */
  readonly types?: { readonly input: I; readonly output: O };
}

/**
 * A workflow's code. It runs again from the top after every pause; recorded steps return their stored results, so everything
 * outside the context's methods must be deterministic. Step names are its contract across versions.
 */
export interface Workflow<I, O> extends WorkflowRef<I, O> {
  input(raw: unknown): I;
  run(context: WorkflowContext, input: I): Promise<O>;
}

/** The queue of workflows that name none. */
export const DEFAULT_QUEUE = "default";

/** Defines a workflow. `input` parses what was stored; a failure there fails the run. */
export function defineWorkflow<I, O>(definition: {
  readonly name: string;
  readonly queue?: string;
  input(raw: unknown): I;
  run(context: WorkflowContext, input: I): Promise<O>;
}): Workflow<I, O> {
  return {
    name: definition.name,
    queue: definition.queue ?? DEFAULT_QUEUE,
    input: (raw) => definition.input(raw),
    run: (context, input) => definition.run(context, input),
  };
}

/** Names a workflow whose code is not at hand. */
export function workflowRef<I, O = unknown>(
  name: string,
  options: { readonly queue?: string } = {},
): WorkflowRef<I, O> {
  return { name, queue: options.queue ?? DEFAULT_QUEUE };
}

import type { ClaimedRun } from "../store/claim.ts";
import { AttemptAborted, type AttemptControl } from "./runtime.ts";

/** A run this process is executing. */
export interface ActiveRun {
  readonly run: ClaimedRun;
  readonly control: AttemptControl;
  abort(why: AttemptAborted["why"]): void;
}

/** The runs this process executes right now. */
export class ActiveRuns {
  readonly #runs = new Map<string, ActiveRun>();
  readonly #drainListeners = new Map<ActiveRun, (() => void)[]>();
  #draining = false;

  get size(): number {
    return this.#runs.size;
  }

  get draining(): boolean {
    return this.#draining;
  }

  all(): ActiveRun[] {
    return [...this.#runs.values()];
  }

  get(id: string): ActiveRun | undefined {
    return this.#runs.get(id);
  }

  /** Registers a claimed run; call `remove` when its end has been written. */
  add(run: ClaimedRun): ActiveRun {
    const controller = new AbortController();
    const listeners: (() => void)[] = [];
    const active: ActiveRun = {
      run,
      abort: (why) => controller.abort(new AttemptAborted(why)),
      control: {
        signal: controller.signal,
        isDraining: () => this.#draining,
        onDraining: (fn) => listeners.push(fn),
      },
    };
    this.#runs.set(run.id, active);
    this.#drainListeners.set(active, listeners);
    return active;
  }

  remove(active: ActiveRun): void {
    if (this.#runs.get(active.run.id) === active) this.#runs.delete(active.run.id);
    this.#drainListeners.delete(active);
  }

  /** From now on nothing new begins: workflows are handed back at their next step. */
  drain(): void {
    this.#draining = true;
    for (const listeners of this.#drainListeners.values()) for (const listener of listeners) listener();
  }
}

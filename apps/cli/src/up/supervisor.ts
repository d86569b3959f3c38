/**
 * Keeps the server instances of one `up` alive.
 *
 *   starting ─ready─▶ on trial ─keep()─▶ running ─ends by itself─▶ waiting (back-off) ─▶ starting …
 *      │                  │                 │                          │ too often: given up
 *      └──── stop(): told to end, wait for the drain, SIGKILL after the limit ────▶ stopped
 *
 * An instance that ends before it was ever ready makes start() fail, and one that ends on trial fails the trial: restarting would
 * hide a wrong setting. An instance that was not kept ends by itself when this process is killed; a kept one serves on.
 * A steady stretch forgives earlier deaths.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Ending, type InstanceChild, spawnInstance } from "./child-process.ts";
import type { ProcessIdentity } from "./process-identity.ts";
import type { ServerProgram } from "./server-program.ts";
import type { InstanceSockets } from "./sockets.ts";

/** One instance to run. */
export interface InstancePlan {
  readonly index: number;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly log: string;
  readonly port: number;
  readonly managementPort: number;
  /** Absent where sockets cannot be passed on: then it listens by itself. */
  readonly sockets?: InstanceSockets | undefined;
}

/** How instances are told to end: in order, because others answer at their ports, or at once. */
export type StopHow = "drain" | "replaced" | "kill";

/** Named limits of supervision, in milliseconds where not said otherwise. */
export interface SupervisorLimits {
  readonly readyTimeoutMs: number;
  /** The server drains for up to 30 s of running work plus its proxies' check interval. */
  readonly stopTimeoutMs: number;
  readonly restartDelayFirstMs: number;
  readonly restartDelayMaxMs: number;
  /** Deaths in a row before an instance is given up. */
  readonly restartsMax: number;
  /** Alive this long, an instance starts counting from zero again. */
  readonly steadyAfterMs: number;
}

/** Limits for people's machines. */
export const SUPERVISOR_LIMITS: SupervisorLimits = {
  readyTimeoutMs: 180_000,
  stopTimeoutMs: 60_000,
  restartDelayFirstMs: 500,
  restartDelayMaxMs: 30_000,
  restartsMax: 10,
  steadyAfterMs: 300_000,
};

/** What happened to an instance. */
export type SupervisorEvent =
  | { readonly kind: "started"; readonly index: number; readonly process: ProcessIdentity }
  | { readonly kind: "ready"; readonly index: number; readonly tookMs: number }
  | {
      readonly kind: "died";
      readonly index: number;
      readonly ending: Ending;
      readonly restart: number;
      readonly restartInMs: number;
    }
  | { readonly kind: "given-up"; readonly index: number; readonly ending: Ending }
  | { readonly kind: "stopped"; readonly index: number; readonly tookMs: number; readonly forced: boolean };

/** The failure of a start: which instance, and how it ended (undefined: it did not become ready in time). */
export class StartFailure extends Error {
  readonly plan: InstancePlan;
  readonly ending: Ending | undefined;
  /** Where in its log the instance began to write. */
  readonly logFrom: number;

  constructor(plan: InstancePlan, logFrom: number, ending: Ending | undefined) {
    super(`instance ${plan.index} did not start`);
    this.plan = plan;
    this.logFrom = logFrom;
    this.ending = ending;
  }
}

/** See the map at the top of this file. */
export class Supervisor {
  readonly #program: ServerProgram;
  readonly #plans: readonly InstancePlan[];
  readonly #limits: SupervisorLimits;
  readonly #onEvent: (event: SupervisorEvent) => void;
  readonly #children = new Map<number, InstanceChild>();
  readonly #stopping = new AbortController();
  readonly #failed = Promise.withResolvers<StartFailure>();
  #watches: Promise<void>[] = [];
  #kept = false;

  constructor(
    program: ServerProgram,
    plans: readonly InstancePlan[],
    limits: SupervisorLimits,
    onEvent: (event: SupervisorEvent) => void,
  ) {
    this.#program = program;
    this.#plans = plans;
    this.#limits = limits;
    this.#onEvent = onEvent;
  }

  /** Resolves when every instance is ready; throws {@link StartFailure}, leaving the others for stop() to end. */
  async start(): Promise<void> {
    const children = this.#plans.map((plan) => ({ plan, child: this.#spawn(plan) }));
    await Promise.all(
      children.map(async ({ plan, child }) => {
        const outcome = await this.#becomeReady(plan, child);
        if (outcome !== "ready")
          throw new StartFailure(plan, child.logFrom, outcome === "timeout" ? undefined : outcome);
      }),
    );
    this.#watches = children.map(({ plan, child }) => this.#watch(plan, child));
  }

  /** Lets the ready instances prove themselves for so long; throws {@link StartFailure} when one ends. */
  async prove(durationMs: number, signal: AbortSignal): Promise<void> {
    const proven = sleep(durationMs, undefined, { signal });
    const failure = await Promise.race([proven, this.#failed.promise]);
    if (failure !== undefined) throw failure;
  }

  /** From now on instances are restarted, and serve on when this process is killed. Throws when one has ended already. */
  async keep(): Promise<void> {
    this.#kept = true;
    const failure = await Promise.race([this.#failed.promise, undefined]);
    if (failure !== undefined) throw failure;
    await Promise.all([...this.#children.values()].map((child) => child.order("keep")));
  }

  /** Resolves when no instance is left: all given up, or stopped. Call after start(). */
  async ended(): Promise<void> {
    await Promise.all(this.#watches);
  }

  /** Ends every instance, with patience unless killed. May be called again to kill. */
  async stop(how: StopHow = "drain"): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#children].map(([index, child]) => this.#end(index, child, how)));
  }

  async #end(index: number, child: InstanceChild, how: StopHow): Promise<void> {
    const startedAt = performance.now();
    if (how === "replaced") void child.order("replaced");
    else child.kill(how === "kill" ? "SIGKILL" : "SIGTERM");
    const waited = new AbortController();
    const late = sleep(this.#limits.stopTimeoutMs, "late" as const, { signal: waited.signal }).catch(
      () => "late" as const,
    );
    const first = await Promise.race([child.ended, late]);
    waited.abort();
    if (first === "late") child.kill("SIGKILL");
    const ending = await child.ended;
    // A second, forcing stop() overtakes a patient one; the end is told once.
    if (!this.#children.delete(index)) return;
    this.#onEvent({
      kind: "stopped",
      index,
      tookMs: performance.now() - startedAt,
      forced: ending.signal === "SIGKILL",
    });
  }

  #spawn(plan: InstancePlan): InstanceChild {
    const child = spawnInstance(this.#program, plan.args, plan.env, plan.log, plan.sockets);
    this.#children.set(plan.index, child);
    this.#onEvent({ kind: "started", index: plan.index, process: child.identity });
    return child;
  }

  /** Restarts an instance each time it ends by itself, until stop() or until it is given up. */
  async #watch(plan: InstancePlan, first: InstanceChild): Promise<void> {
    let child = first;
    let deaths = 0;
    for (;;) {
      const aliveSince = performance.now();
      const ending = await child.ended;
      if (this.#stopping.signal.aborted) return;
      this.#children.delete(plan.index);
      if (!this.#kept) return this.#failed.resolve(new StartFailure(plan, child.logFrom, ending));
      deaths = performance.now() - aliveSince >= this.#limits.steadyAfterMs ? 1 : deaths + 1;
      if (deaths > this.#limits.restartsMax) {
        this.#onEvent({ kind: "given-up", index: plan.index, ending });
        return;
      }
      const restartInMs = restartDelayMs(deaths, this.#limits);
      this.#onEvent({ kind: "died", index: plan.index, ending, restart: deaths, restartInMs });
      await sleep(restartInMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
      if (this.#stopping.signal.aborted) return;
      child = this.#spawn(plan);
      // An instance that hangs before it is ready is as good as dead.
      if ((await this.#becomeReady(plan, child)) === "timeout") child.kill("SIGKILL");
    }
  }

  async #becomeReady(plan: InstancePlan, child: InstanceChild): Promise<"ready" | "timeout" | Ending> {
    const startedAt = performance.now();
    const waited = new AbortController();
    const outcome = await Promise.race([
      child.ready.then(() => "ready" as const),
      child.ended,
      sleep(this.#limits.readyTimeoutMs, "timeout" as const, { signal: waited.signal }).catch(() => "timeout" as const),
    ]);
    waited.abort();
    if (outcome !== "ready") return outcome;
    if (this.#kept) await child.order("keep");
    this.#onEvent({ kind: "ready", index: plan.index, tookMs: performance.now() - startedAt });
    return "ready";
  }
}

/** Doubling wait before restart number `deaths` (from 1). */
export function restartDelayMs(deaths: number, limits: SupervisorLimits): number {
  return Math.min(limits.restartDelayMaxMs, limits.restartDelayFirstMs * 2 ** (deaths - 1));
}

/**
 * Keeps the server instances of one `up` alive.
 *
 *   starting ─ready─▶ running ─ends by itself─▶ waiting (back-off) ─▶ starting …
 *      │                  │                         │ too often: given up
 *      └──── stop(): SIGTERM, wait for the drain, SIGKILL after the limit ────▶ stopped
 *
 * An instance that ends before it was ever ready makes start() fail instead: restarting would hide a wrong setting.
 * A steady stretch forgives earlier deaths.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Child, type Ending, spawnServer } from "./child-process.ts";
import { isReady } from "./health.ts";
import type { ProcessIdentity } from "./process-identity.ts";
import type { ServerProgram } from "./server-program.ts";

/** One instance to run. */
export interface InstancePlan {
  readonly index: number;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly log: string;
  /** Where its ports can be reached. */
  readonly reachableHost: string;
  readonly port: number;
  readonly managementPort: number;
}

/** Named limits of supervision, in milliseconds where not said otherwise. */
export interface SupervisorLimits {
  readonly readyTimeoutMs: number;
  readonly readyPollMs: number;
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
  readyPollMs: 100,
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
  readonly #children = new Map<number, Child>();
  readonly #stopping = new AbortController();
  #watches: Promise<void>[] = [];

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

  /** Resolves when no instance is left: all given up, or stopped. Call after start(). */
  async ended(): Promise<void> {
    await Promise.all(this.#watches);
  }

  /** Ends every instance: SIGTERM and patience, or at once with `force`. May be called again to force. */
  async stop(force = false): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#children].map(([index, child]) => this.#end(index, child, force)));
  }

  async #end(index: number, child: Child, force: boolean): Promise<void> {
    const startedAt = performance.now();
    child.kill(force ? "SIGKILL" : "SIGTERM");
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

  #spawn(plan: InstancePlan): Child {
    const child = spawnServer(this.#program, plan.args, plan.env, plan.log);
    this.#children.set(plan.index, child);
    this.#onEvent({ kind: "started", index: plan.index, process: child.identity });
    return child;
  }

  /** Restarts an instance each time it ends by itself, until stop() or until it is given up. */
  async #watch(plan: InstancePlan, first: Child): Promise<void> {
    let child = first;
    let deaths = 0;
    for (;;) {
      const aliveSince = performance.now();
      const ending = await child.ended;
      if (this.#stopping.signal.aborted) return;
      this.#children.delete(plan.index);
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

  async #becomeReady(plan: InstancePlan, child: Child): Promise<"ready" | "timeout" | Ending> {
    const startedAt = performance.now();
    let ending: Ending | undefined;
    void child.ended.then((value) => {
      ending = value;
    });
    while (performance.now() - startedAt < this.#limits.readyTimeoutMs) {
      if (ending !== undefined) return ending;
      if (await isReady(plan.reachableHost, plan.managementPort, plan.port)) {
        this.#onEvent({ kind: "ready", index: plan.index, tookMs: performance.now() - startedAt });
        return "ready";
      }
      await Promise.race([child.ended, sleep(this.#limits.readyPollMs)]);
    }
    return "timeout";
  }
}

/** Doubling wait before restart number `deaths` (from 1). */
export function restartDelayMs(deaths: number, limits: SupervisorLimits): number {
  return Math.min(limits.restartDelayMaxMs, limits.restartDelayFirstMs * 2 ** (deaths - 1));
}

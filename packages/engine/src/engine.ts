/**
 * The engine in one process: a client, and, where enabled, a worker and a candidate for leadership.
 *
 *   client.startRun (caller's transaction) → wf_run → worker claims → attempts → buffered writes
 *   leader: takes back expired runs, fires cron, deletes old runs, repairs
 */
import { createClient, type EngineClient } from "./client/client.ts";
import type { EngineOptions, QueueOption } from "./engine-options.ts";
import { ENGINE_DEFAULTS } from "./engine-options.ts";
import { CronScheduler } from "./leadership/cron.ts";
import { Election } from "./leadership/election.ts";
import { Duties } from "./maintenance/duties.ts";
import { type EventLoopLag, EventLoopMonitor } from "./measuring/event-loop-lag.ts";
import type { QueueMetricsSnapshot } from "./measuring/queue-metrics.ts";
import { ensureQueues } from "./store/queues.ts";
import type { QueueBacklog } from "./store/repairs.ts";
import type { RunKind } from "./store/run-row.ts";
import type { Runtime } from "./working/runtime.ts";
import type { QueueSlots } from "./working/slots.ts";
import { Worker } from "./working/worker.ts";
import type { BufferSnapshot } from "./working/write-buffer.ts";
import { createWriteBuffers, isBackedUp } from "./working/write-buffers.ts";

const STOP_GRACE_MS = 5000;
/** Without a commit hook, work started here is looked for after these times. */
const LOOK_AFTER_START_MS = [5, 20, 60];

/** What the engine does right now. */
export interface EngineStatus {
  readonly state: "created" | "running" | "stopping" | "stopped";
  readonly leader: boolean;
  /** Writes are failing and nothing is claimed. */
  readonly backedUp: boolean;
  readonly inFlight: number;
  readonly queues: readonly { kind: RunKind; queue: string; concurrency: number; active: number }[];
}

/** Counters since the start of the process, and the leader's last gauges. */
export interface EngineMetricsSnapshot {
  readonly claims: Worker<unknown>["loop"]["counters"];
  readonly ended: Worker<unknown>["ended"];
  readonly leases: Worker<unknown>["leases"]["counters"];
  readonly queues: readonly QueueMetricsSnapshot[];
  readonly buffers: Readonly<Record<string, BufferSnapshot>>;
  readonly leadership: { acquired: number; lost: number; fired: number; fireFailures: number };
  readonly maintenance: { freed: number; crashed: number; deleted: number; repaired: number };
  readonly backlogs: readonly QueueBacklog[];
  /** Since the last snapshot. */
  readonly eventLoopLag: EventLoopLag;
}

/** A durable execution engine. */
export interface Engine<Tx> {
  readonly client: EngineClient<Tx>;
  /** Ensures the queues and begins to work. */
  start(): Promise<void>;
  /** Finishes or hands back what is claimed; activities get `graceMs` (default 5 s). Gives leadership back. */
  stop(options?: { graceMs?: number }): Promise<void>;
  status(): EngineStatus;
  /** There may be new work: look now instead of at the next poll. */
  nudge(): void;
  isLeader(): boolean;
  metrics(): EngineMetricsSnapshot;
}

/** Puts an engine together; nothing happens before `start`. */
export function createEngine<Tx>(options: EngineOptions<Tx>): Engine<Tx> {
  return new PostgresEngine(options);
}

class PostgresEngine<Tx> implements Engine<Tx> {
  readonly client: EngineClient<Tx>;
  readonly #options: EngineOptions<Tx>;
  readonly #runtime: Runtime<Tx>;
  readonly #worker: Worker<Tx>;
  readonly #election: Election;
  readonly #cron: CronScheduler<Tx>;
  readonly #duties: Duties;
  readonly #lag = new EventLoopMonitor();
  /** Looks for new work that are due soon, by their delay. */
  readonly #looks = new Map<number, NodeJS.Timeout>();
  #state: EngineStatus["state"] = "created";

  constructor(options: EngineOptions<Tx>) {
    this.#options = options;
    const { database, log, instance } = options;
    const election = { ...ENGINE_DEFAULTS.leaderElection, ...options.leaderElection };
    const lease = { ...ENGINE_DEFAULTS.lease, ...options.lease };
    this.#runtime = this.#createRuntime();
    this.#worker = new Worker(this.#runtime, {
      queues: slotsOf(options),
      mayClaim: () => this.#mayClaim(),
      lease,
      polling: { ...ENGINE_DEFAULTS.polling, ...options.polling },
      fairness: { ...ENGINE_DEFAULTS.fairness, ...options.fairness },
    });
    this.client = createClient({
      database,
      workflowQueues: namesOf(options.queues, "workflow"),
      onStarted: (committed) => this.#onStarted(committed),
    });
    this.#cron = new CronScheduler({
      database,
      client: this.client,
      instanceId: instance.id,
      log,
      tasks: options.cron ?? [],
    });
    this.#election = new Election({
      executor: database.executor,
      instance,
      log,
      ...election,
      mayLead: () => this.#mayClaim(),
      onAcquired: () => this.#cron.reset(),
    });
    this.#duties = new Duties({
      executor: database.executor,
      log,
      leaseMs: lease.leaseMs,
      takeOversMax: options.takeOversMax ?? ENGINE_DEFAULTS.takeOversMax,
      retention: { ...ENGINE_DEFAULTS.retention, ...options.retention },
      isLeader: () => this.isLeader(),
      tickCron: () => this.#cron.tick(() => this.isLeader()),
      onFreed: () => this.nudge(),
    });
  }

  async start(): Promise<void> {
    if (this.#state !== "created") throw new Error(`the engine is ${this.#state}; it starts once`);
    const queues = this.#options.queues.map((queue) => ({ capacity: ENGINE_DEFAULTS.queueCapacity, ...queue }));
    await ensureQueues(this.#options.database.executor, queues);
    this.#state = "running";
    this.#lag.start();
    if (this.#works()) this.#worker.start();
    if (this.#mayLead()) {
      this.#election.start();
      this.#duties.start();
    }
  }

  async stop({ graceMs = STOP_GRACE_MS }: { graceMs?: number } = {}): Promise<void> {
    if (this.#state !== "running") return;
    this.#state = "stopping";
    // Leadership goes at once: work may take its time to end, and the cluster should not be without a leader meanwhile.
    const leading = this.#mayLead() ? [this.#election.stop(), this.#duties.stop()] : [];
    await Promise.all([...leading, this.#works() ? this.#worker.stop(graceMs) : undefined]);
    this.#lag.stop();
    this.#state = "stopped";
  }

  status(): EngineStatus {
    return {
      state: this.#state,
      leader: this.isLeader(),
      backedUp: isBackedUp(this.#runtime.buffers),
      inFlight: this.#worker.active.size,
      queues: this.#worker.slots.snapshot(),
    };
  }

  nudge(): void {
    if (this.#works()) this.#worker.nudge();
  }

  isLeader(): boolean {
    return this.#mayLead() && this.#election.isLeader();
  }

  metrics(): EngineMetricsSnapshot {
    const { steps, spawns, ends } = this.#runtime.buffers;
    return {
      claims: { ...this.#worker.loop.counters },
      ended: { ...this.#worker.ended },
      leases: { ...this.#worker.leases.counters },
      queues: this.#worker.metrics.snapshot(),
      buffers: { steps: steps.snapshot(), spawns: spawns.snapshot(), ends: ends.snapshot() },
      leadership: {
        ...this.#election.counters,
        fired: this.#cron.counters.fired,
        fireFailures: this.#cron.counters.failed,
      },
      maintenance: { ...this.#duties.counters },
      backlogs: this.#duties.backlogs,
      eventLoopLag: this.#lag.read(),
    };
  }

  #works(): boolean {
    return this.#options.workers?.enabled ?? true;
  }

  #mayClaim(): boolean {
    return this.#options.mayClaim?.() ?? true;
  }

  #mayLead(): boolean {
    return this.#options.leaderElection?.enabled ?? ENGINE_DEFAULTS.leaderElection.enabled;
  }

  #createRuntime(): Runtime<Tx> {
    const { database, instance, log, workflows, activities, buffer, gate } = this.#options;
    return {
      database,
      instance,
      log,
      buffers: createWriteBuffers(database.executor, {
        ...ENGINE_DEFAULTS.buffer,
        ...buffer,
        log,
        onNewWork: () => this.nudge(),
      }),
      workflows: byName(workflows, "workflow"),
      activities: byName(activities, "activity"),
      gate: async (name) => (gate ? gate(name) : false),
    };
  }

  #onStarted(committed: boolean): void {
    if (!this.#works() || this.#state !== "running") return;
    if (committed) {
      this.nudge();
      return;
    }
    for (const afterMs of LOOK_AFTER_START_MS) {
      if (this.#looks.has(afterMs)) continue;
      const look = () => {
        this.#looks.delete(afterMs);
        this.nudge();
      };
      this.#looks.set(afterMs, setTimeout(look, afterMs).unref());
    }
  }
}

function byName<D extends { readonly name: string }>(definitions: readonly D[], kind: string): Map<string, D> {
  const map = new Map<string, D>();
  for (const definition of definitions) {
    if (map.has(definition.name)) throw new Error(`the ${kind} ${definition.name} is registered twice`);
    map.set(definition.name, definition);
  }
  return map;
}

function namesOf(queues: readonly QueueOption[], kind: RunKind): Set<string> {
  return new Set(queues.filter((queue) => queue.kind === kind).map((queue) => queue.name));
}

function slotsOf<Tx>(options: EngineOptions<Tx>): QueueSlots[] {
  const perQueue = options.workers?.perQueue ?? {};
  return options.queues.flatMap(({ kind, name }) => {
    const own = perQueue[`${kind}:${name}`] ?? perQueue[name] ?? { concurrency: ENGINE_DEFAULTS.concurrency };
    return own.enabled === false ? [] : [{ kind, queue: name, concurrency: own.concurrency }];
  });
}

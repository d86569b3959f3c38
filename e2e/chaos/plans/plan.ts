import { Random } from "../../harness/random.ts";

/** Lease of claimed work in the cluster under test; the default of 30 s would only make plans longer. */
export const LEASE_MS = 5_000;

/**
 * What a plan may do to the cluster. `target` is a server, or what the kind says; `holdMs` is how long the fault lasts,
 * or between the end of a process and its replacement where no supervisor replaces it.
 */
const KINDS = {
  "kill-worker": { targets: ["worker-1", "worker-2", "worker-3"], holdMs: [0, 0], says: "kill -9" },
  "kill-web": { targets: ["web-1", "web-2"], holdMs: [0, 0], says: "kill -9" },
  "kill-leader": { targets: ["leader"], holdMs: [0, 0], says: "kill -9" },
  "stop-worker": { targets: ["worker-1", "worker-2", "worker-3"], holdMs: [0, 0], says: "SIGTERM" },
  "stop-web": { targets: ["web-1", "web-2"], holdMs: [0, 0], says: "SIGTERM" },
  "pause-worker": { targets: ["worker-1", "worker-2", "worker-3"], holdMs: [7_000, 10_000], says: "SIGSTOP" },
  "pause-web": { targets: ["web-1", "web-2"], holdMs: [2_000, 8_000], says: "SIGSTOP" },
  "pause-leader": { targets: ["leader"], holdMs: [7_000, 10_000], says: "SIGSTOP" },
  "restart-postgres": { targets: ["postgres"], holdMs: [0, 3_000], says: "stopped immediately, started again" },
  "restart-pooler": { targets: ["pgbouncer"], holdMs: [0, 3_000], says: "kill -9, started again" },
  "pause-pooler": { targets: ["pgbouncer"], holdMs: [3_000, 7_000], says: "SIGSTOP: nothing arrives, nothing breaks" },
  "kill-backends": { targets: ["postgres"], holdMs: [1_000, 3_000], says: "pg_terminate_backend at random" },
  "hog-pooler": { targets: ["pgbouncer"], holdMs: [3_000, 6_000], says: "every pooled connection held" },
  "hog-postgres": { targets: ["postgres"], holdMs: [3_000, 6_000], says: "every connection held" },
  "fill-disk": { targets: ["uploads"], holdMs: [2_000, 5_000], says: "no space left for files" },
} as const satisfies Record<string, { targets: readonly string[]; holdMs: readonly [number, number]; says: string }>;

export type FaultKind = keyof typeof KINDS;

/** All kinds, for `--only`. */
export const FAULT_KINDS = Object.keys(KINDS) as FaultKind[];

/** What a short plan is sure to contain; the rest of it is drawn. */
const ESSENTIAL: readonly FaultKind[] = [
  "kill-worker",
  "kill-web",
  "pause-worker",
  "restart-postgres",
  "restart-pooler",
  "kill-backends",
  "hog-pooler",
];

export interface Fault {
  /** It begins once so many steps of progress are made; an accepted upload is one, an upload that ended is another. */
  readonly step: number;
  readonly kind: FaultKind;
  readonly target: string;
  readonly holdMs: number;
  /** Decides what is left to chance within the fault. */
  readonly seed: number;
}

export interface Plan {
  readonly seed: number;
  readonly uploads: number;
  /** Whether servers keep connections to PgBouncer open, or make one for each transaction. */
  readonly localPools: boolean;
  readonly faults: readonly Fault[];
  /** The advisories change once so many steps are made. */
  readonly advisoriesChangeAt: number;
}

export interface PlanOptions {
  readonly seed: number;
  readonly uploads: number;
  readonly faults: number;
  readonly kinds: readonly FaultKind[];
}

/** First and last fault, as shares of all progress: the load must have begun, and something must follow the last one. */
const [FIRST, LAST] = [0.05, 0.88];

/** The plan of a seed. */
export function makePlan({ seed, uploads, faults: count, kinds }: PlanOptions): Plan {
  const random = new Random(seed);
  const steps = uploads * 2;
  const localPools = random.next() < 0.5;
  const advisoriesChangeAt = Math.round(steps * (0.3 + 0.4 * random.next()));
  const width = (LAST - FIRST) / count;
  const faults = chooseKinds(random, kinds, count).map((kind, index) => ({
    step: Math.round(steps * (FIRST + width * (index + random.next()))),
    kind,
    target: random.pick<string>(KINDS[kind].targets),
    holdMs: random.between(KINDS[kind].holdMs[0], KINDS[kind].holdMs[1]),
    seed: random.between(1, 1_000_000),
  }));
  return { seed, uploads, localPools, faults, advisoriesChangeAt };
}

/** Every kind once where there is room, else the essential ones; the rest is drawn. */
function chooseKinds(random: Random, kinds: readonly FaultKind[], count: number): FaultKind[] {
  const first = count >= kinds.length ? kinds : kinds.filter((kind) => ESSENTIAL.includes(kind));
  const chosen: FaultKind[] = random.shuffled(first).slice(0, count);
  while (chosen.length < count) chosen.push(random.pick(kinds));
  return random.shuffled(chosen);
}

/** The plan as people read it. */
export function describePlan(plan: Plan): string[] {
  const pools = plan.localPools ? "kept open" : "one for each transaction";
  const steps = plan.uploads * 2;
  const head = `plan of seed ${plan.seed}: ${plan.uploads} uploads = ${steps} steps, connections ${pools}`;
  const change = { step: plan.advisoriesChangeAt, text: "the advisories change" };
  const faults = plan.faults.map((fault) => ({ step: fault.step, text: describeFault(fault) }));
  const lines = [...faults, change].sort((a, b) => a.step - b.step);
  return [head, ...lines.map(({ step, text }) => `  step ${String(step).padStart(4)}  ${text}`)];
}

/** One fault as people read it. */
export function describeFault({ kind, target, holdMs }: Fault): string {
  const lasting = holdMs === 0 ? "" : ` for ${(holdMs / 1000).toFixed(1)} s`;
  return `${kind.padEnd(16)} ${target.padEnd(9)} ${KINDS[kind].says}${lasting}`;
}

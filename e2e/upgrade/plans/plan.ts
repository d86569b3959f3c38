import { Random } from "../../harness/random.ts";

/**
 * What may happen while a cluster is rolled. `planned`: nothing but the roll. `kill`: processes of the cluster, of the migration
 * and of finalize are killed. `restart`: PgBouncer and PostgreSQL are.
 */
export const PLAN_KINDS = ["planned", "kill", "restart"] as const;
export type PlanKind = (typeof PLAN_KINDS)[number];

export const WORKERS = ["worker-1", "worker-2"];
export const WEBS = ["web-1", "web-2"];

/** Every instance replaced by one of the other release, one at a time. */
export interface Leg {
  readonly to: "new" | "old";
  /** Names of servers. */
  readonly order: readonly string[];
}

export type FaultKind = "kill" | "kill-migration" | "kill-finalize" | "restart-pooler" | "restart-postgres";

/** Something that happens while a step of a leg goes on, or while the leg's migration or finalize does. */
export interface Fault {
  readonly kind: FaultKind;
  readonly leg: number;
  /** Index into the leg's order; -1 is what precedes it, the migration. */
  readonly step: number;
  /** From the beginning of the step. */
  readonly afterMs: number;
  /** A server, or what the kind says. */
  readonly target: string;
  /** Between the end of a program and its new start, where no supervisor starts it. */
  readonly holdMs: number;
}

export interface UpgradePlan {
  readonly seed: number;
  readonly kind: PlanKind;
  /** Whether servers keep connections to PgBouncer open, or make one for each transaction. */
  readonly localPools: boolean;
  readonly legs: readonly Leg[];
  readonly faults: readonly Fault[];
  /** Of what is uploaded and read. */
  readonly trafficSeed: number;
}

const KILLS = [3, 5] as const;
const RESTARTS = [2, 4] as const;
/** From the beginning of the step; of a migration from its start, which takes the most of it; of finalize from its first change. */
const AFTER_MS: Readonly<Record<FaultKind, readonly [number, number]>> = {
  kill: [0, 4_000],
  "kill-migration": [300, 4_000],
  "kill-finalize": [0, 800],
  "restart-pooler": [0, 4_000],
  "restart-postgres": [0, 4_000],
};
const HOLD_MAX_MS = 2_000;

/** The plan of a seed; without a kind the seed decides it, so that seeds in a row have every kind. */
export function makePlan(
  seed: number,
  kind: PlanKind = PLAN_KINDS[seed % PLAN_KINDS.length] ?? "planned",
): UpgradePlan {
  const random = new Random(seed);
  const localPools = random.next() < 0.5;
  const legs: Leg[] = [upward(random), backward(random), upward(random)];
  return {
    seed,
    kind,
    localPools,
    legs,
    faults: faultsOf(random, kind, legs),
    trafficSeed: random.between(1, 1_000_000),
  };
}

/** Workers first, then webs. */
function upward(random: Random): Leg {
  return { to: "new", order: [...random.shuffled(WORKERS), ...random.shuffled(WEBS)] };
}

/** Webs first, then workers: none of the old webs starts what only a new worker knows. */
function backward(random: Random): Leg {
  return { to: "old", order: [...random.shuffled(WEBS), ...random.shuffled(WORKERS)] };
}

function faultsOf(random: Random, kind: PlanKind, legs: readonly Leg[]): Fault[] {
  if (kind === "planned") return [];
  if (kind === "restart") return times(random.between(...RESTARTS), () => restart(random, legs));
  const onMigration = fault(random, "kill-migration", { leg: random.pick([0, 2]), step: -1 });
  const onFinalize = times(random.between(1, 2), () => fault(random, "kill-finalize", { leg: legs.length, step: 0 }));
  const onServers = times(random.between(...KILLS), () => {
    const at = somewhere(random, legs);
    return { ...fault(random, "kill", at), target: random.pick([...WORKERS, ...WEBS]) };
  });
  return inOrder([...onServers, onMigration, ...onFinalize]);
}

function restart(random: Random, legs: readonly Leg[]): Fault {
  return fault(random, random.pick(["restart-pooler", "restart-postgres"] as const), somewhere(random, legs));
}

function somewhere(random: Random, legs: readonly Leg[]): { leg: number; step: number } {
  const leg = random.between(0, legs.length - 1);
  return { leg, step: random.between(0, (legs[leg]?.order.length ?? 1) - 1) };
}

function fault(random: Random, kind: FaultKind, at: { leg: number; step: number }): Fault {
  const afterMs = random.between(...AFTER_MS[kind]);
  const holdMs = kind.startsWith("restart") ? random.between(0, HOLD_MAX_MS) : 0;
  const target = { kill: "", "kill-migration": "migration", "kill-finalize": "finalize" } as const;
  const programs = { "restart-pooler": "pgbouncer", "restart-postgres": "postgres" } as const;
  return { kind, ...at, afterMs, holdMs, target: { ...target, ...programs }[kind] };
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

function inOrder(faults: readonly Fault[]): Fault[] {
  return faults.toSorted((a, b) => a.leg - b.leg || a.step - b.step || a.afterMs - b.afterMs);
}

/** The plan as people read it. */
export function describePlan(plan: UpgradePlan, versions: { old: string; new: string }): string[] {
  const pools = plan.localPools ? "kept open" : "one for each transaction";
  const lines = [`plan of seed ${plan.seed}: ${plan.kind}, ${versions.old} and ${versions.new}, connections ${pools}`];
  plan.legs.forEach(({ to, order }, leg) => {
    lines.push(`  to ${versions[to]}: ${order.join(", ")}`);
    for (const each of plan.faults.filter((fault) => fault.leg === leg))
      lines.push(`    ${describeFault(each)} while ${order[each.step] ?? "the migration"} is under way`);
  });
  lines.push("  finalize");
  for (const each of plan.faults.filter(({ leg }) => leg === plan.legs.length))
    lines.push(`    ${describeFault(each)}`);
  return lines;
}

/** One fault as people read it. */
export function describeFault({ kind, target, afterMs, holdMs }: Fault): string {
  const what = kind.startsWith("kill") ? "kill -9" : `stopped at once, back after ${(holdMs / 1000).toFixed(1)} s`;
  return `${target}: ${what}, ${(afterMs / 1000).toFixed(1)} s later`;
}

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Build } from "../../harness/derived-build.ts";
import type { RanServer } from "../../harness/server-run.ts";
import type { SplitCluster } from "../../harness/split-cluster.ts";
import { describeFault, type Fault, type Leg, type UpgradePlan } from "./plan.ts";
import type { Timeline } from "./timeline.ts";

/** Between two replacements; an operator looks before the next one too. */
const SETTLE_MS = 500;
/** An instance that was killed counts until its heartbeat has lapsed. */
const NOT_YET_MAX_MS = 60_000;
const EXIT_NOT_YET = 5;

/** The two releases of a plan. */
export interface Releases {
  readonly old: Build;
  readonly new: Build;
}

/** What a plan acts on. */
export interface RollBench {
  readonly plan: UpgradePlan;
  readonly releases: Releases;
  readonly cluster: SplitCluster;
  readonly timeline: Timeline;
  /** Between two replacements; short when left out. */
  readonly settleMs?: number;
}

/** Replaces every instance as the leg says: first what goes before, then one after the other, each once all are ready. */
export async function runLeg(bench: RollBench, leg: Leg, index: number): Promise<void> {
  const { plan, releases, cluster, timeline } = bench;
  const build = releases[leg.to];
  const over = timeline.note("leg", `to ${build.version}: ${leg.order.join(", ")}`);
  if (leg.to === "new") await migrate(bench, index);
  else await rollBack(bench);
  for (const [step, name] of leg.order.entries()) {
    const server = cluster.servers.find((each) => each.name === name);
    if (server === undefined) throw new Error(`the cluster has no ${name}`);
    const faults = plan.faults.filter((fault) => fault.leg === index && fault.step === step);
    await Promise.all([server.moveTo(build), ...faults.map((fault) => inflict(bench, fault))]);
    await Promise.all(cluster.servers.map((each) => each.whenReady()));
    await delay(bench.settleMs ?? SETTLE_MS);
  }
  over();
}

/** Whether a build has `upgrade finalize` and `upgrade rollback`. */
export function offers({ directory }: Build, word: "finalize" | "rollback"): boolean {
  const dispatch = join(directory, "apps/server/src/boot/words/upgrade.ts");
  return existsSync(dispatch) && readFileSync(dispatch, "utf8").includes(word);
}

/** `upgrade finalize`, killed and begun again as the plan says; what does not succeed then is an error. */
export async function finalize(bench: RollBench): Promise<void> {
  const { plan, releases, cluster } = bench;
  const kills = plan.faults.filter(({ kind }) => kind === "kill-finalize");
  await repeatedProcess(bench, "finalize", kills, (kill) => {
    // Its time counts from the first step this process makes.
    const once = kill && bench.timeline.clusterChanges().then(() => delay(kill.afterMs));
    return cluster.run(releases.new, { word: ["upgrade", "finalize"], kill: once && { once } });
  });
}

async function migrate(bench: RollBench, leg: number): Promise<void> {
  const { plan, releases, cluster } = bench;
  const kills = plan.faults.filter((fault) => fault.kind === "kill-migration" && fault.leg === leg);
  await repeatedProcess(bench, "migration", kills, (kill) => cluster.migrate(releases.new, kill));
}

async function rollBack(bench: RollBench): Promise<void> {
  const { releases, cluster, timeline } = bench;
  if (!offers(releases.new, "rollback")) return timeline.say("rollback: not offered by this build");
  await repeatedProcess(bench, "rollback", [], () => cluster.run(releases.new, { word: ["upgrade", "rollback"] }));
}

/** Runs a process once for each kill, and then until it ends well; "not yet" is asked again, as its cure says. */
async function repeatedProcess(
  { releases, timeline }: RollBench,
  kind: "migration" | "finalize" | "rollback",
  kills: readonly Fault[],
  run: (kill: Fault | undefined) => Promise<RanServer>,
): Promise<void> {
  const giveUpMs = performance.now() + NOT_YET_MAX_MS;
  for (let attempt = 0; ; attempt++) {
    const kill = kills[attempt];
    const suffix =
      kill === undefined ? "" : `, kill -9 after ${kill.afterMs} ms${kind === "finalize" ? " of its first step" : ""}`;
    const over = timeline.note(kind, `${kind} by ${releases.new.version}${suffix}`);
    const { status, output } = await run(kill);
    over();
    if (status === 0) return;
    if (status === null) timeline.note("fault", `the process of the ${kind} was killed`)();
    else if (status !== EXIT_NOT_YET || performance.now() > giveUpMs)
      throw new Error(`${kind} ended with ${status}:\n${output.slice(-2_000)}`);
    else timeline.say(`${kind}, not yet: ${output.trim().slice(-300)}`);
    await delay(SETTLE_MS);
  }
}

async function inflict({ cluster, timeline }: RollBench, fault: Fault): Promise<void> {
  await delay(fault.afterMs);
  const over = timeline.note("fault", describeFault(fault));
  if (fault.kind === "kill") cluster.servers.find(({ name }) => name === fault.target)?.signal("SIGKILL");
  if (fault.kind === "restart-postgres") await cluster.restartPostgres(fault.holdMs);
  if (fault.kind === "restart-pooler") await cluster.restartPooler(fault.holdMs);
  over();
}

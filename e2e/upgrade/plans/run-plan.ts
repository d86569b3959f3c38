/**
 * One plan from an empty directory to a verdict:
 *
 *   cluster of the old release → advisories → traffic → to the new release, back, there again → shapes compared → finalize
 *   → quiet → every promise checked → report
 */
import { mkdirSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Random } from "../../harness/random.ts";
import { SplitCluster } from "../../harness/split-cluster.ts";
import { mirrorThroughFaults } from "../../harness/traffic/advisories.ts";
import { makeAdvisories, writeBucket } from "../../harness/traffic/bom-series.ts";
import { Progress } from "../../harness/traffic/progress.ts";
import { RecordedTraffic } from "../../harness/traffic/recorded-traffic.ts";
import { until } from "../../harness/until.ts";
import { installWitness, Observer } from "../../harness/witness/audit.ts";
import { runChecks } from "../../harness/witness/checks.ts";
import { type EffectFigures, effectFigures } from "../../harness/witness/effect-figures.ts";
import { untilIdle } from "../../harness/witness/until-idle.ts";
import { verifyEffects } from "../../harness/witness/verify-effects.ts";
import { clockEnvironment, engineFigures, verifyEngine } from "../../harness/witness/verify-engine.ts";
import { verifyMembership } from "../../harness/witness/verify-membership.ts";
import { verifyOutcome } from "../../harness/witness/verify-outcome.ts";
import { processFigures, verifyProcesses } from "../../harness/witness/verify-processes.ts";
import { finalize, offers, type Releases, runLeg } from "./actions.ts";
import { untilBackfilled } from "./backfills.ts";
import { figuresOf, judgeTraffic } from "./judge.ts";
import { describePlan, type UpgradePlan, WEBS, WORKERS } from "./plan.ts";
import { refusalProblems, STARTS } from "./refusal.ts";
import { makeReport, type RollReport } from "./report.ts";
import { shapesOf } from "./shapes.ts";
import { Timeline } from "./timeline.ts";

const POOL_SIZE = 20;
/** Both workers may be killed at once. */
const CLOCK_SECONDS = 20;
const QUIET_TIMEOUT_MS = 240_000;
/** Uploads that are accepted before the first instance is replaced, and after the last one was. */
const UPLOADS_AROUND = 8;
const UPLOADS_TIMEOUT_MS = 120_000;
/** Long enough for two instances that start on a busy machine. */
const REPEAT_FOR_MS = 90_000;
/** Times must be short against a plan; the proportions are those of the defaults. */
const ENVIRONMENT = {
  DT_DEX_ENGINE_ACTIVITY_LOCK_TIMEOUT_MS: "5000",
  DT_DEX_ENGINE_LEADER_ELECTION_LEASE_DURATION_MS: "4000",
  DT_DEX_ENGINE_LEADER_ELECTION_LEASE_CHECK_INTERVAL_MS: "1000",
  DT_CLUSTER_HEARTBEAT_INTERVAL_MS: "1000",
  DT_CLUSTER_HEARTBEAT_LAPSE_MS: "8000",
  DT_DATASOURCE_POOL_MAX_SIZE: "10",
  DT_TASK_BACKFILL_START_CRON: "*/5 * * * * *",
  ...clockEnvironment(CLOCK_SECONDS),
};

/** Requests are steady, not many: the machine has to start programs too. */
const PACE = 2;
/** Longer than HAProxy needs to notice, as in production; nobody sends requests to workers. */
const WEB_ENVIRONMENT = { DT_SHUTDOWN_DRAIN_DELAY_MS: "2500" };

export interface RunOptions {
  readonly releases: Releases;
  readonly say: (line: string) => void;
}

export interface Verdict {
  readonly seed: number;
  readonly problems: readonly string[];
  readonly report: RollReport;
  /** Kept when there are problems. */
  readonly directory: string;
}

/** Runs a plan; the verdict names every broken promise. */
export async function runPlan(plan: UpgradePlan, options: RunOptions): Promise<Verdict> {
  const directory = await mkdtemp(join(tmpdir(), `evertrack-roll-${plan.seed}-`));
  // PgBouncer and PostgreSQL run as other users.
  await chmod(directory, 0o711);
  const trial = new Trial(plan, options, directory);
  const interrupted = () => void trial.close().finally(() => process.exit(1));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupted);
  try {
    await trial.run();
  } catch (error) {
    trial.problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  const report = await trial.report();
  await trial.close();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, interrupted);
  if (trial.problems.length === 0 && process.env.EVERTRACK_KEEP_E2E === undefined)
    await rm(directory, { recursive: true, force: true });
  return { seed: plan.seed, problems: trial.problems, report, directory };
}

interface Parts {
  readonly cluster: SplitCluster;
  readonly observer: Observer;
  readonly watcher: Observer;
  readonly progress: Progress;
  readonly traffic: RecordedTraffic;
}

class Trial {
  readonly problems: string[] = [];
  readonly #plan: UpgradePlan;
  readonly #releases: Releases;
  readonly #directory: string;
  readonly #timeline: Timeline;
  readonly #said: string[] = [];
  readonly #advisories;
  #parts: Parts | undefined;
  #finalized = false;
  #effects: EffectFigures | undefined;

  constructor(plan: UpgradePlan, { releases, say }: RunOptions, directory: string) {
    this.#plan = plan;
    this.#releases = releases;
    this.#directory = directory;
    this.#advisories = makeAdvisories(new Random(plan.trafficSeed)).before;
    this.#timeline = new Timeline((line) => {
      this.#said.push(line);
      say(line);
    });
    for (const line of this.#described()) say(line);
  }

  async run(): Promise<void> {
    const parts = await this.#start();
    const bench = { plan: this.#plan, releases: this.#releases, cluster: parts.cluster, timeline: this.#timeline };
    await this.#uploads(UPLOADS_AROUND);
    for (const [index, leg] of this.#plan.legs.entries()) await runLeg(bench, leg, index);
    await this.#compareShapes();
    if (offers(this.#releases.new, "finalize")) {
      await finalize(bench);
      this.#finalized = true;
      await this.#refuseOld();
    } else this.#timeline.say("finalize: not offered by this build");
    await this.#uploads(UPLOADS_AROUND);
    await parts.traffic.stop();
    await this.#verify();
  }

  async close(): Promise<void> {
    const parts = this.#parts;
    if (parts === undefined) return;
    await parts.traffic.stop();
    await parts.progress.stop();
    await this.#timeline.stop();
    await Promise.all([parts.observer.close(), parts.watcher.close()]);
    await parts.cluster.close();
  }

  /** What is known, whether the plan was carried through or not. */
  async report(): Promise<RollReport> {
    const { cluster, observer, traffic } = this.#parts ?? {};
    return makeReport({
      plan: this.#plan,
      described: this.#described(),
      said: this.#said,
      releases: this.#releases,
      timeline: this.#timeline,
      problems: this.problems,
      finalized: this.#finalized,
      cluster,
      observer,
      traffic,
      effects: this.#effects,
    });
  }

  #described(): string[] {
    const { old: before, new: after } = this.#releases;
    return describePlan(this.#plan, { old: before.version, new: after.version });
  }

  async #start(): Promise<Parts> {
    const advisories = join(this.#directory, "advisories");
    mkdirSync(advisories);
    const environment = {
      ...ENVIRONMENT,
      DT_DATASOURCE_POOL_ENABLED: String(this.#plan.localPools),
      DT_VULN_DATA_SOURCE_FILE_ROOTS: advisories,
    };
    const [workers, webs] = [WORKERS.length, WEBS.length];
    const sizes = { workers, webs, poolSize: POOL_SIZE };
    const environments = { environment, webEnvironment: WEB_ENVIRONMENT };
    const options = { directory: this.#directory, ...sizes, ...environments, build: this.#releases.old };
    const cluster = await SplitCluster.start(options, installWitness);
    const [observer, watcher] = [new Observer(cluster.databaseUrl), new Observer(cluster.databaseUrl)];
    const progress = new Progress(watcher);
    // In a planned roll nothing is ever sent twice: each failure is one a user would have seen.
    const repeatForMs = this.#plan.kind === "planned" ? 0 : REPEAT_FOR_MS;
    const traffic = new RecordedTraffic({
      client: cluster.admin,
      progress,
      seed: this.#plan.trafficSeed,
      repeatForMs,
      pace: PACE,
    });
    this.#parts = { cluster, observer, watcher, progress, traffic };
    this.#timeline.watch(cluster);
    this.#timeline.say(`${cluster.servers.length} servers of ${this.#releases.old.version} are up`);
    await mirrorThroughFaults(cluster.admin, writeBucket(advisories, "osv", this.#advisories));
    progress.watch();
    traffic.start();
    return this.#parts;
  }

  /** Waits until so many more uploads were accepted. */
  async #uploads(count: number): Promise<void> {
    const { traffic } = this.#started();
    const before = traffic.tokens.length;
    await until("uploads are accepted", UPLOADS_TIMEOUT_MS, async () => traffic.tokens.length >= before + count);
  }

  async #compareShapes(): Promise<void> {
    const { observer } = this.#started();
    this.#timeline.say(`backfills are done: ${await untilBackfilled(observer)}`);
    const { checks, compared } = shapesOf(this.#releases.old.version, this.#releases.new.version);
    this.problems.push(...(await runChecks(observer, checks)));
    const [seen] = await observer.rows<{ what: string; rows: number; pending: number }>(compared);
    this.#timeline.say(`both shapes compared: ${seen?.rows} ${seen?.what}, ${seen?.pending} left for finalize`);
  }

  /** There is no way back any more. */
  async #refuseOld(): Promise<void> {
    const { cluster, observer } = this.#started();
    const { old: before } = this.#releases;
    const start = (environment: Record<string, string>) => cluster.run(before, { environment });
    const problems = await refusalProblems(before.version, (statement) => observer.rows(statement), start);
    this.problems.push(...problems.map((problem) => `after finalize: ${problem}`));
    this.#timeline.say(`${before.version} started ${STARTS.length} times after finalize, ${problems.length} problems`);
  }

  async #verify(): Promise<void> {
    const { cluster, observer, traffic } = this.#started();
    await Promise.all(cluster.servers.map((server) => server.whenReady()));
    await untilIdle(observer, QUIET_TIMEOUT_MS);
    const verifications = [
      async () => judgeTraffic(traffic, this.#plan.kind),
      async () => this.#verifyVersions(),
      () => verifyOutcome(cluster.admin, traffic.projects, this.#advisories),
      () => verifyEffects(observer, { tokens: traffic.tokens, dataDirectory: cluster.dataDirectory }),
      () => verifyEngine(observer, CLOCK_SECONDS),
      () => verifyMembership(cluster),
      async () => verifyProcesses(cluster),
    ];
    for (const verify of verifications)
      this.problems.push(...(await verify().catch((error: unknown) => [`could not be verified: ${String(error)}`])));
    this.#effects = await effectFigures(observer, traffic.tokens);
    const { lost, doubled } = this.#effects;
    const { requests, uploads, unsuccessful, unavailable, failed } = figuresOf(traffic);
    this.#timeline.say(
      `${requests} requests, ${uploads} uploads; ${unsuccessful} attempts failed (${unavailable} × 503), ${failed} for good; ${lost} lost, ${doubled} doubled`,
    );
    for (const line of [await engineFigures(observer), ...processFigures(cluster)]) this.#timeline.say(line);
  }

  #verifyVersions(): string[] {
    const wanted = this.#releases.new.version;
    return this.#started()
      .cluster.servers.filter(({ lives }) => lives.at(-1)?.version !== wanted)
      .map(({ name, lives }) => `${name} runs ${lives.at(-1)?.version}, not ${wanted}`);
  }

  #started(): Parts {
    if (this.#parts === undefined) throw new Error("the cluster has not started");
    return this.#parts;
  }
}

/**
 * One plan from an empty directory to a verdict:
 *
 *   cluster → advisories → throughput before → load, readers and faults together → quiet → everything up again
 *   → throughput after → every promise checked
 */
import { mkdirSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Random } from "../../harness/random.ts";
import { SplitCluster } from "../../harness/split-cluster.ts";
import { mirrorThroughFaults } from "../../harness/traffic/advisories.ts";
import { type AdvisorySets, makeAdvisories, writeBucket } from "../../harness/traffic/bom-series.ts";
import { Progress } from "../../harness/traffic/progress.ts";
import type { ProjectHistory } from "../../harness/traffic/project-history.ts";
import { installWitness, Observer } from "../../harness/witness/audit.ts";
import { untilIdle } from "../../harness/witness/until-idle.ts";
import { verifyEffects } from "../../harness/witness/verify-effects.ts";
import { clockEnvironment, engineFigures, verifyEngine } from "../../harness/witness/verify-engine.ts";
import { verifyMembership } from "../../harness/witness/verify-membership.ts";
import { verifyOutcome } from "../../harness/witness/verify-outcome.ts";
import { processFigures, verifyProcesses } from "../../harness/witness/verify-processes.ts";
import { inflict } from "./faults.ts";
import { projectsFor, runLoad } from "./load.ts";
import { describeFault, describePlan, LEASE_MS, type Plan } from "./plan.ts";
import { Reader } from "./reader.ts";
import { mountSmallDisk, unmountSmallDisk } from "./small-disk.ts";
import { measureThroughput, type Throughput } from "./throughput.ts";
import { UploadClient } from "./upload-client.ts";

const [WORKERS, WEBS] = [3, 2];
const POOL_SIZE = 20;
const CLOCK_SECONDS = 10;
const QUIET_TIMEOUT_MS = 240_000;
/** Times must be short against a plan; the proportions are those of the defaults. */
const ENVIRONMENT = {
  DT_DEX_ENGINE_ACTIVITY_LOCK_TIMEOUT_MS: String(LEASE_MS),
  DT_DEX_ENGINE_LEADER_ELECTION_LEASE_DURATION_MS: "4000",
  DT_DEX_ENGINE_LEADER_ELECTION_LEASE_CHECK_INTERVAL_MS: "1000",
  // A pause may outlast it or not: then the paused instance ends, and its supervisor starts another one.
  DT_CLUSTER_HEARTBEAT_INTERVAL_MS: "1000",
  DT_CLUSTER_HEARTBEAT_LAPSE_MS: "8000",
  DT_DATASOURCE_POOL_MAX_SIZE: "10",
  DT_METRICS_ENABLED: "true",
  DT_SHUTDOWN_DRAIN_DELAY_MS: "2500",
  ...clockEnvironment(CLOCK_SECONDS),
};

export interface RunOptions {
  readonly say: (line: string) => void;
  /** Uploads per batch of throughput, and batches before and after. */
  readonly batch: { readonly size: number; readonly batches: number };
  /** Throughput afterwards, as a share of that before; 0 reports only. */
  readonly throughputShareMin: number;
}

export interface Verdict {
  readonly seed: number;
  readonly problems: readonly string[];
  readonly throughputShare: number;
  /** Kept when there are problems. */
  readonly directory: string;
}

/** Runs a plan; the verdict names every broken promise. */
export async function runPlan(plan: Plan, options: RunOptions): Promise<Verdict> {
  const directory = await mkdtemp(join(tmpdir(), `evertrack-chaos-${plan.seed}-`));
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
  await trial.close();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, interrupted);
  const { problems, throughputShare } = trial;
  if (problems.length === 0 && process.env.EVERTRACK_KEEP_E2E === undefined)
    await rm(directory, { recursive: true, force: true });
  return { seed: plan.seed, problems, throughputShare, directory };
}

class Trial {
  readonly problems: string[] = [];
  throughputShare = 0;
  readonly #plan: Plan;
  readonly #options: RunOptions;
  readonly #directory: string;
  readonly #random: Random;
  readonly #projects: ProjectHistory[];
  readonly #advisories: AdvisorySets;
  readonly #startedMs = performance.now();
  #running: { cluster: SplitCluster; observer: Observer; client: UploadClient } | undefined;
  #fillable = true;

  constructor(plan: Plan, options: RunOptions, directory: string) {
    this.#plan = plan;
    this.#options = options;
    this.#directory = directory;
    this.#random = new Random(plan.seed);
    this.#projects = projectsFor(plan.uploads);
    this.#advisories = makeAdvisories(this.#random);
  }

  async run(): Promise<void> {
    for (const line of describePlan(this.#plan)) this.#options.say(line);
    const { cluster } = await this.#start();
    await mirrorThroughFaults(cluster.admin, this.#bucket("before"));
    const before = await this.#throughput("before");
    await this.#torment();
    await this.#recover();
    const after = await this.#throughput("after");
    this.#compare(before, after);
    await this.#verify([...before.tokens, ...after.tokens]);
  }

  async close(): Promise<void> {
    await this.#running?.client.close();
    await this.#running?.observer.close();
    await this.#running?.cluster.close();
    unmountSmallDisk(join(this.#directory, "data"));
  }

  async #start() {
    const boms = join(this.#directory, "boms");
    mkdirSync(boms);
    const options = {
      directory: this.#directory,
      workers: WORKERS,
      webs: WEBS,
      poolSize: POOL_SIZE,
      environment: {
        ...ENVIRONMENT,
        DT_DATASOURCE_POOL_ENABLED: String(this.#plan.localPools),
        DT_VULN_DATA_SOURCE_FILE_ROOTS: join(this.#directory, "advisories"),
      },
    };
    const refused = mountSmallDisk(join(this.#directory, "data"));
    if (refused !== undefined) {
      this.#fillable = false;
      if (this.#plan.faults.some(({ kind }) => kind === "fill-disk")) this.#say(`fill-disk is left out: ${refused}`);
    }
    const cluster = await SplitCluster.start(options, installWitness);
    const running = {
      cluster,
      observer: new Observer(cluster.databaseUrl),
      client: new UploadClient(cluster.admin, boms),
    };
    this.#running = running;
    this.#say(`${cluster.servers.length} servers are up at ${cluster.frontDoor.url}`);
    return running;
  }

  /** Load, readers, faults and the change of advisories at once. */
  async #torment(): Promise<void> {
    const { cluster, observer, client } = this.#parts();
    const watcher = new Observer(cluster.databaseUrl);
    const progress = new Progress(watcher);
    const reader = new Reader(cluster.admin, this.#projects);
    progress.watch();
    reader.start(this.#random.between(1, 1_000_000));
    const load = { uploads: this.#plan.uploads, random: this.#random, projects: this.#projects };
    const faults = this.#plan.faults.map(async (fault) => {
      if (!(await progress.reached(fault.step))) return;
      if (fault.kind === "fill-disk" && !this.#fillable) return;
      this.#say(`step ${progress.steps}: ${describeFault(fault)}`);
      await inflict({ cluster, observer, poolSize: POOL_SIZE }, fault);
    });
    const change = progress.reached(this.#plan.advisoriesChangeAt).then((reached) => {
      if (!reached) return undefined;
      this.#say(`step ${progress.steps}: the advisories change`);
      return mirrorThroughFaults(cluster.admin, this.#bucket("after"));
    });
    const everything = Promise.all([runLoad(client, progress, load), ...faults, change]);
    // Without the load no step would be reached any more, and the rest would wait for ever.
    await everything.finally(() => progress.stop()).finally(() => reader.stop());
    await watcher.close();
    this.#report(progress, reader);
  }

  #report(progress: Progress, reader: Reader): void {
    const { client } = this.#parts();
    const { retries, gaveUp, refusals } = client.figures;
    this.#say(`${progress.accepted} of ${this.#plan.uploads} uploads accepted; repeated attempts: ${counted(retries)}`);
    if (gaveUp > 0) this.#say(`${gaveUp} uploads outlasted the command line's own retries and were begun again`);
    const { reads, failures, wrong } = reader.figures;
    this.#say(`${reads} reads, one attempt each; without success: ${counted(failures)}`);
    this.problems.push(...refusals, ...wrong);
  }

  async #recover(): Promise<void> {
    const { cluster, observer } = this.#parts();
    await Promise.all(cluster.servers.map((server) => server.whenReady()));
    await untilIdle(observer, QUIET_TIMEOUT_MS);
    this.#say("every process is ready again and all work is done");
  }

  async #verify(otherTokens: readonly string[]): Promise<void> {
    const { cluster, observer } = this.#parts();
    const tokens = [...this.#projects.flatMap((project) => project.tokens), ...otherTokens];
    const { dataDirectory } = cluster;
    const verifications = [
      () => verifyOutcome(cluster.admin, this.#projects, this.#advisories.after),
      () => verifyEffects(observer, { tokens, dataDirectory }),
      () => verifyEngine(observer, CLOCK_SECONDS),
      () => verifyMembership(cluster),
      async () => verifyProcesses(cluster),
    ];
    for (const verify of verifications)
      this.problems.push(...(await verify().catch((error: unknown) => [`could not be verified: ${String(error)}`])));
    this.#say(await engineFigures(observer));
    for (const line of processFigures(cluster)) this.#say(line);
  }

  async #throughput(label: string): Promise<Throughput> {
    const { client, observer } = this.#parts();
    if (this.#options.batch.batches === 0) return { tokens: [], uploadsPerSecond: [], median: 1 };
    const measured = await measureThroughput({ client, observer, label, ...this.#options.batch });
    const rates = measured.uploadsPerSecond.map((rate) => rate.toFixed(1)).join(" ");
    this.#say(`throughput ${label}: median ${measured.median.toFixed(1)} uploads/s of ${rates}`);
    return measured;
  }

  #compare(before: Throughput, after: Throughput): void {
    // Without batches both are 1.
    this.throughputShare = after.median / before.median;
    const { throughputShareMin } = this.#options;
    if (this.throughputShare < throughputShareMin)
      this.problems.push(
        `throughput came back to ${percent(this.throughputShare)} only, not ${percent(throughputShareMin)}`,
      );
  }

  #bucket(name: keyof AdvisorySets): string {
    return writeBucket(join(this.#directory, "advisories"), name, this.#advisories[name]);
  }

  #parts() {
    if (this.#running === undefined) throw new Error("the cluster has not started");
    return this.#running;
  }

  #say(line: string): void {
    const seconds = (performance.now() - this.#startedMs) / 1000;
    this.#options.say(`${seconds.toFixed(1).padStart(6)} s  ${line}`);
  }
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function counted(kinds: ReadonlyMap<string, number>): string {
  return [...kinds].map(([kind, count]) => `${kind} ${count}`).join(", ") || "none";
}

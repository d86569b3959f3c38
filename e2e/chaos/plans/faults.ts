import { setTimeout as delay } from "node:timers/promises";
import { Random } from "../../harness/random.ts";
import type { SplitCluster } from "../../harness/split-cluster.ts";
import type { SupervisedServer } from "../../harness/supervised-server.ts";
import type { Observer } from "../../harness/witness/audit.ts";
import { holdEveryConnection, holdPooledConnections } from "./hogs.ts";
import type { Fault, FaultKind } from "./plan.ts";
import { fillDisk } from "./small-disk.ts";

const STROKE_MS = 300;

/** What faults act on. */
export interface FaultBench {
  readonly cluster: SplitCluster;
  readonly observer: Observer;
  readonly poolSize: number;
}

type Inflict = (bench: FaultBench, fault: Fault) => Promise<void>;

const kill: Inflict = async (bench, { target }) => (await serverOf(bench, target)).signal("SIGKILL");
const stop: Inflict = async (bench, { target }) => (await serverOf(bench, target)).signal("SIGTERM");

const pause: Inflict = async (bench, { target, holdMs }) => {
  const server = await serverOf(bench, target);
  const { pid } = server;
  server.signal("SIGSTOP");
  await delay(holdMs);
  // Another fault may have replaced the process meanwhile; its successor was never stopped.
  if (server.pid === pid) server.signal("SIGCONT");
};

const restartPostgres: Inflict = ({ cluster }, { holdMs }) => cluster.restartPostgres(holdMs);
const restartPooler: Inflict = ({ cluster }, { holdMs }) => cluster.restartPooler(holdMs);

const pausePooler: Inflict = async ({ cluster }, { holdMs }) => {
  const { pid } = cluster.pooler;
  await cluster.pooler.kill("SIGSTOP");
  await delay(holdMs);
  if (cluster.pooler.pid === pid) await cluster.pooler.kill("SIGCONT");
};

/** A share of all back ends, again and again. */
const killBackends: Inflict = async ({ observer }, { holdMs, seed }) => {
  const random = new Random(seed);
  const end = performance.now() + holdMs;
  while (performance.now() < end) {
    await observer
      .rows(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and random() < $1`,
        [0.2 + random.next() * 0.5],
      )
      .catch(() => undefined);
    await delay(STROKE_MS);
  }
};

const HOW: Record<FaultKind, Inflict> = {
  "kill-worker": kill,
  "kill-web": kill,
  "kill-leader": kill,
  "stop-worker": stop,
  "stop-web": stop,
  "pause-worker": pause,
  "pause-web": pause,
  "pause-leader": pause,
  "restart-postgres": restartPostgres,
  "restart-pooler": restartPooler,
  "pause-pooler": pausePooler,
  "kill-backends": killBackends,
  "hog-pooler": ({ cluster, poolSize }, { holdMs }) => holdPooledConnections(cluster.pooler.url, poolSize, holdMs),
  "hog-postgres": ({ cluster }, { holdMs }) => holdEveryConnection(cluster.databaseUrl, holdMs),
  "fill-disk": ({ cluster }, { holdMs }) => fillDisk(cluster.dataDirectory, holdMs),
};

/** Does what the plan says; resolves when the fault is over. */
export function inflict(bench: FaultBench, fault: Fault): Promise<void> {
  return HOW[fault.kind](bench, fault);
}

async function serverOf({ cluster, observer }: FaultBench, target: string): Promise<SupervisedServer> {
  const named = cluster.servers.find(({ name }) => name === target);
  if (named !== undefined) return named;
  const holders = await observer.rows<{ holder: string }>("select holder from wf_lease").catch(() => []);
  const leader = cluster.workers.find(({ instanceId }) => holders.some(({ holder }) => holder === instanceId));
  // Nobody leads at the moment, or nobody can say: any worker will do.
  const [first] = cluster.workers;
  if (first === undefined) throw new Error("the cluster has no worker");
  return leader ?? first;
}

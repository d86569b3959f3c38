/** `cluster status` and `cluster safe-to-stop`: what the instances of a cluster tell, for people and for scripts that roll it. */
import { setTimeout as sleep } from "node:timers/promises";
import { type AccessOptions, openTarget, resolveTarget } from "../client/access.ts";
import { type Cluster, type ClusterInstance, clusterAnswer } from "../client/answers.ts";
import { type Api, callJson, closeApi } from "../client/http.ts";
import { CliError, usageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { durationText } from "../output/amounts.ts";
import { type Column, tableLines } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";

/** Options of `cluster status`. */
export interface ClusterStatusOptions extends AccessOptions {
  /** Look again after this many seconds, until the command is stopped. */
  readonly watch?: number;
}

/** Prints the cluster; exit code 3 when a role or queue has no instance. */
export async function clusterStatus(options: ClusterStatusOptions, terminal: Terminal): Promise<void> {
  await withCluster(options, terminal, async (look) => {
    for (;;) {
      const cluster = await look();
      terminal.result(cluster);
      for (const line of clusterLines(cluster)) terminal.line(line);
      if (options.watch === undefined) return refuseUnserved(cluster);
      terminal.line();
      await sleep(options.watch * 1000);
    }
  });
}

/** Says whether an instance, named by id or host, may be stopped; exit code 5 if not now. */
export async function clusterSafeToStop(wanted: string, options: AccessOptions, terminal: Terminal): Promise<void> {
  await withCluster(options, terminal, async (look) => {
    const { id, safe_to_stop: verdict } = findInstance(await look(), wanted);
    terminal.result({ instance: id, ...verdict });
    if (!verdict.safe) throw new CliError(EXIT.notYet, `${id} is not safe to stop.`, { details: verdict.reasons });
    terminal.line(`${id} is safe to stop.`);
  });
}

async function withCluster(
  options: AccessOptions,
  terminal: Terminal,
  work: (look: () => Promise<Cluster>) => Promise<void>,
): Promise<void> {
  const api: Api = openTarget(resolveTarget(options), terminal);
  try {
    await work(() => callJson(api, { method: "GET", path: "/api/v2/internal/cluster" }, clusterAnswer));
  } finally {
    await closeApi(api);
  }
}

function findInstance({ instances }: Cluster, wanted: string): ClusterInstance {
  const named = instances.find(({ id }) => id === wanted);
  if (named !== undefined) return named;
  const here = instances.filter(({ host, state }) => host === wanted && state !== "GONE");
  const [only] = here;
  if (only === undefined) throw usageError(`There is no instance ${wanted}.`, known(instances));
  if (here.length > 1) throw usageError(`Several instances run on ${wanted}; name one.`, known(here));
  return only;
}

function known(instances: readonly ClusterInstance[]): string[] {
  return instances.map(({ id, host }) => `${id} on ${host}`);
}

function clusterLines(cluster: Cluster): string[] {
  const { instances, versions, leader, warnings, queues } = cluster;
  const running = versions.map(({ version, instances: count }) => `${count} × ${version}`).join(", ");
  const unsafe = instances.filter(({ safe_to_stop: verdict }) => !verdict.safe);
  return [
    `Instances: ${running === "" ? "none" : running}; leader: ${leader ?? "none"}`,
    ...(instances.length === 0 ? [] : tableLines(instances, columnsOf(queues.length))),
    ...unsafe.map(({ id, safe_to_stop: verdict }) => `${id} is not safe to stop: ${verdict.reasons.join("; ")}`),
    ...warnings.map(({ message }) => `Warning: ${message}`),
  ];
}

function columnsOf(queuesInAll: number): Column<ClusterInstance>[] {
  return [
    { heading: "INSTANCE", cell: ({ id }) => id, widthMax: 60 },
    { heading: "VERSION", cell: ({ version }) => version, widthMax: 24 },
    { heading: "ROLES", cell: ({ roles }) => roles.join(","), widthMax: 48 },
    { heading: "QUEUES", cell: ({ queues }) => queuesText(queues, queuesInAll), widthMax: 48 },
    { heading: "STATE", cell: ({ state }) => state.toLowerCase() },
    { heading: "HEARTBEAT", cell: ({ heartbeat_age_ms: ageMs }) => `${durationText(ageMs)} ago` },
    { heading: "IN FLIGHT", cell: ({ in_flight: count }) => String(count) },
    { heading: "LEADER", cell: ({ leader }) => (leader ? "yes" : "") },
    { heading: "SAFE TO STOP", cell: ({ safe_to_stop: verdict }) => (verdict.safe ? "yes" : "no") },
  ];
}

function queuesText(queues: readonly string[], inAll: number): string {
  return queues.length === inAll ? "all" : queues.join(",");
}

function refuseUnserved({ roles, queues }: Cluster): void {
  const unserved = [
    ...roles.filter(({ instances }) => instances === 0).map(({ role }) => `the role ${role}`),
    ...queues.filter(({ instances }) => instances === 0).map(({ queue }) => `the queue ${queue}`),
  ];
  if (unserved.length > 0) throw new CliError(EXIT.refused, `No ready instance for ${unserved.join(", ")}.`);
}

import type { SplitCluster } from "../split-cluster.ts";

interface Overview {
  instances: { id: string; state: string }[];
  leader?: string | null;
}

/** What the cluster knows of itself in the end: exactly the processes that run, and a worker that leads. */
export async function verifyMembership({ admin, servers, workers }: SplitCluster): Promise<string[]> {
  const { instances, leader } = await admin.expect<Overview>("GET", "/api/v2/internal/cluster");
  const ready = instances.filter(({ state }) => state === "READY").map(({ id }) => id);
  const running = servers.map(({ instanceId = "" }) => instanceId);
  const problems: string[] = [];
  if (ready.toSorted().join() !== running.toSorted().join())
    problems.push(`the registry lists ${ready.join(", ")} as ready; there are ${running.join(", ")}`);
  if (!workers.some(({ instanceId }) => instanceId === leader)) problems.push(`no worker leads, but ${leader}`);
  return problems;
}

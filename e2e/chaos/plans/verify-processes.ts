import type { SplitCluster } from "../../harness/split-cluster.ts";

const SHOWN_MAX = 5;

/** How processes ended, and what they should not have said. */
export function verifyProcesses({ servers, pooler, frontDoor }: SplitCluster): string[] {
  const problems: string[] = [];
  for (const { server, code, signal, wasReady, asked, lastWords } of servers.flatMap(({ ends }) => ends)) {
    // A start that finds no database ends, and the supervisor starts it again; an instance that served goes on.
    const failedStart = !wasReady && code !== null && lastWords !== undefined;
    if (asked || failedStart || gaveWay(lastWords)) continue;
    problems.push(`${server} ended by itself with ${code ?? signal}: ${lastWords ?? "(no last words)"}`);
  }
  const raw = servers.flatMap(({ found }) => found.raw);
  if (raw.length > 0) problems.push(`lines that are no log entries:\n    ${raw.slice(0, SHOWN_MAX).join("\n    ")}`);
  if (!pooler.running) problems.push("PgBouncer does not run any more");
  if (!frontDoor.running) problems.push("HAProxy does not run any more");
  return problems;
}

/** An instance that finds its place in the registry lapsed ends before it does anything else; its successor goes on. */
function gaveWay(lastWords: string | undefined): boolean {
  return lastWords !== undefined && /heartbeat|lapsed/i.test(lastWords);
}

/** Ends of processes by kind, and errors in the logs, for the report. */
export function processFigures({ servers }: SplitCluster): string[] {
  const ends = servers.flatMap((server) => server.ends);
  const asked = ends.filter((end) => end.asked).length;
  const gave = ends.filter(({ lastWords }) => gaveWay(lastWords)).length;
  const failed = ends.length - asked - gave;
  const errors = new Map<string, number>();
  for (const { found } of servers)
    for (const [text, count] of found.errors) errors.set(text, (errors.get(text) ?? 0) + count);
  const lines = [
    `processes: ${asked} ended by the plan, ${gave} gave way, ${failed} starts failed; all were started again`,
  ];
  for (const [text, count] of [...errors].sort((a, b) => b[1] - a[1]).slice(0, SHOWN_MAX))
    lines.push(`  logged as error ${count} ×: ${text.slice(0, 160)}`);
  return lines;
}

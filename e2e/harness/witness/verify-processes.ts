import type { SplitCluster } from "../split-cluster.ts";
import type { ProcessEnd } from "../supervised-server.ts";

const SHOWN_MAX = 5;

/** How processes ended, and what they should not have said. */
export function verifyProcesses({ servers, pooler, frontDoor }: SplitCluster): string[] {
  const problems: string[] = [];
  for (const end of servers.flatMap(({ ends }) => ends)) {
    const { server, code, signal, wasReady, asked, lastWords } = end;
    // A start that finds no database ends, and the supervisor starts it again; an instance that served goes on.
    const failedStart = !wasReady && code !== null && lastWords !== undefined;
    if (asked || failedStart || gaveWay(end)) continue;
    problems.push(`${server} ended by itself with ${code ?? signal}: ${lastWords ?? "(no last words)"}`);
  }
  const raw = servers.flatMap(({ found }) => found.raw);
  if (raw.length > 0) problems.push(`lines that are no log entries:\n    ${raw.slice(0, SHOWN_MAX).join("\n    ")}`);
  if (!pooler.running) problems.push("PgBouncer does not run any more");
  if (!frontDoor.running) problems.push("HAProxy does not run any more");
  return problems;
}

/** Exit status of an instance that was paused or cut off for longer than the lapse time: its successor goes on. */
const EXIT_GONE = 75;

function gaveWay({ code }: ProcessEnd): boolean {
  return code === EXIT_GONE;
}

/** Ends of processes by kind, and errors in the logs, for the report. */
export function processFigures({ servers }: SplitCluster): string[] {
  const ends = servers.flatMap((server) => server.ends);
  const asked = ends.filter((end) => end.asked).length;
  const gave = ends.filter(gaveWay).length;
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

/** `runs …`: look at durable work, and change the course of a run. */
import { type AccessOptions, openTarget, resolveTarget } from "../client/access.ts";
import type { Run, RunEvent } from "../client/answers.ts";
import { type Api, closeApi } from "../client/http.ts";
import { listRuns, operateRun, type RunAction, readRun, readRunEvents } from "../client/runs.ts";
import { usageError } from "../errors.ts";
import { type Column, tableLines } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";

/** Options of `runs list`. */
export interface RunsListOptions extends AccessOptions {
  readonly name?: string;
  readonly status?: string;
  readonly instanceId?: string;
  /** `name=value` each. */
  readonly label?: readonly string[];
  /** Started within this time, as `90s`, `15m`, `2h` or `3d`. */
  readonly since?: string;
  readonly limit: number;
}

const DETAILS_CHARS_MAX = 90;

const COLUMNS: readonly Column<Run>[] = [
  { heading: "RUN", cell: ({ id }) => id },
  { heading: "NAME", cell: (run) => run.workflow_name, widthMax: 40 },
  { heading: "STATUS", cell: stateText },
  { heading: "CREATED", cell: (run) => timeText(run.created_at) },
  { heading: "STARTED", cell: (run) => timeText(run.started_at) },
  { heading: "ENDED", cell: (run) => timeText(run.completed_at) },
  { heading: "WHERE", cell: (run) => run.owner?.instance_id ?? "", widthMax: 32 },
  { heading: "FAILURE", cell: ({ failure }) => failure ?? "", widthMax: 60 },
];

const EVENT_COLUMNS: readonly Column<RunEvent>[] = [
  { heading: "#", cell: (event) => String(event.sequence_number) },
  { heading: "TIME", cell: ({ event }) => timeText(event.timestamp) },
  { heading: "EVENT", cell: ({ event }) => kindOf(event) },
  { heading: "BY", cell: ({ event }) => byText(contentOf(event)), widthMax: 48 },
  { heading: "DETAILS", cell: ({ event }) => detailsText(contentOf(event)), widthMax: DETAILS_CHARS_MAX },
];

/** Prints the runs of workflows, newest first. */
export async function runsList(options: RunsListOptions, terminal: Terminal): Promise<void> {
  await withApi(options, terminal, async (api) => {
    const { runs, total } = await listRuns(api, queryOf(options), options.limit);
    terminal.result({ runs, total });
    if (runs.length > 0) for (const line of tableLines(runs, COLUMNS)) terminal.line(line);
    const more = total.type === "AT_LEAST" ? `more than ${total.count}` : `${total.count}`;
    terminal.line(runs.length === 0 ? "No runs." : `${runs.length} of ${more} runs`);
  });
}

/** Prints one run and what happened to it. */
export async function runsShow(id: string, options: AccessOptions, terminal: Terminal): Promise<void> {
  await withApi(options, terminal, async (api) => {
    const run = await readRun(api, id);
    const events = await readRunEvents(api, id);
    terminal.result({ run, events });
    for (const [word, value] of factsOf(run)) if (value !== "") terminal.line(`${word.padEnd(10)} ${value}`);
    terminal.line();
    for (const line of tableLines(events, EVENT_COLUMNS)) terminal.line(line);
  });
}

const DONE_WORDS: Readonly<Record<RunAction, string>> = {
  cancel: "is cancelled; what runs of it now stops shortly",
  suspend: "is held until it is resumed",
  resume: "goes on",
  retry: "is tried again",
};

/** Does something to a run; exit code 3 if its state does not allow it. */
export async function runsAct(
  action: RunAction,
  id: string,
  options: AccessOptions & { readonly fromStep?: string },
  terminal: Terminal,
): Promise<void> {
  await withApi(options, terminal, async (api) => {
    await operateRun(api, id, action, options.fromStep);
    terminal.result({ run: id, action });
    terminal.line(`The run ${id} ${DONE_WORDS[action]}.`);
  });
}

async function withApi(options: AccessOptions, terminal: Terminal, work: (api: Api) => Promise<void>): Promise<void> {
  const api = openTarget(resolveTarget(options), terminal);
  await work(api).finally(() => closeApi(api));
}

function queryOf({
  name,
  status,
  instanceId,
  label,
  since,
}: RunsListOptions): Record<string, string | readonly string[]> {
  return {
    ...(name === undefined ? {} : { workflow_name: name }),
    ...(status === undefined ? {} : { status: status.toUpperCase() }),
    ...(instanceId === undefined ? {} : { workflow_instance_id: instanceId }),
    ...(label === undefined ? {} : { label }),
    ...(since === undefined ? {} : { created_since: String(Date.now() - durationMs(since)) }),
  };
}

const UNITS_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

function durationMs(text: string): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count === undefined) throw usageError(`--since ${text}: give a number with s, m, h or d, for example 2h.`);
  return Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS];
}

const WAITING_WORDS: Readonly<Record<string, string>> = {
  KEY: "waits for its key",
  TIME: "waits for a time",
  EVENT: "waits for an event",
  OPERATOR: "held",
};

function stateText({ status, waiting_for: waiting }: Run): string {
  const word = waiting === undefined ? undefined : (WAITING_WORDS[waiting] ?? waiting.toLowerCase());
  return word === undefined ? status.toLowerCase() : `${status.toLowerCase()}, ${word}`;
}

function factsOf(run: Run): [string, string][] {
  const labels = Object.entries(run.labels ?? {}).map(([name, value]) => `${name}=${value}`);
  return [
    ["Run", run.id],
    ["Name", run.workflow_name],
    ["Status", stateText(run)],
    ["Failure", run.failure ?? ""],
    ["Where", run.owner === undefined ? "" : `${run.owner.instance_id} (${run.owner.version ?? "?"})`],
    ["Queue", `${run.kind?.toLowerCase() ?? "workflow"}:${run.task_queue_name}, priority ${run.priority}`],
    ["Instance", run.workflow_instance_id ?? ""],
    ["Key", run.concurrency_key ?? ""],
    ["Labels", labels.join(", ")],
    ["Parent", run.parent_id ?? ""],
  ];
}

function kindOf(event: RunEvent["event"]): string {
  return Object.keys(event).find((name) => name !== "id" && name !== "timestamp") ?? "";
}

function contentOf(event: RunEvent["event"]): Record<string, unknown> {
  const content = event[kindOf(event)];
  return typeof content === "object" && content !== null ? { ...content } : {};
}

function byText({ instanceId, instanceVersion }: Record<string, unknown>): string {
  if (typeof instanceId !== "string") return "";
  return typeof instanceVersion === "string" ? `${instanceId} (${instanceVersion})` : instanceId;
}

/** What tells events of one kind apart comes first; references between events are left to --json. */
function detailsText(content: Record<string, unknown>): string {
  const { name, workflowName, timerName, reason, status, failure, attempt, attempts, runId, id, elapseAt } = content;
  const tries = attempt ?? attempts;
  return [
    name ?? workflowName ?? timerName,
    reason ?? status,
    typeof tries === "number" && tries > 1 ? `attempt ${tries}` : undefined,
    typeof elapseAt === "number" ? `until ${timeText(elapseAt)}` : undefined,
    messageOf(failure),
    runId ?? id,
  ]
    .filter((part) => typeof part === "string" && part !== "")
    .join(" · ");
}

function messageOf(failure: unknown): string | undefined {
  const isFailure = typeof failure === "object" && failure !== null && "message" in failure;
  return isFailure ? String(failure.message) : undefined;
}

function timeText(ms: number | undefined): string {
  return ms === undefined ? "" : new Date(ms).toISOString().replace("T", " ").slice(0, 19);
}

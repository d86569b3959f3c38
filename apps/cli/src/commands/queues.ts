/** `queues …`: what waits in the queues of durable work; pausing and resizing them for the whole cluster. */
import { type AccessOptions, openTarget, resolveTarget } from "../client/access.ts";
import type { Queue } from "../client/answers.ts";
import { type Api, closeApi } from "../client/http.ts";
import { listQueues, QUEUE_TYPES, type QueueType, updateQueue } from "../client/runs.ts";
import { usageError } from "../errors.ts";
import { type Column, tableLines } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";

type TypedQueue = Queue & { readonly type: QueueType };

const COLUMNS: readonly Column<TypedQueue>[] = [
  { heading: "QUEUE", cell: slotOf },
  { heading: "STATUS", cell: ({ status }) => status.toLowerCase() },
  { heading: "CAPACITY", cell: ({ capacity }) => String(capacity) },
  { heading: "RUNNING", cell: ({ running }) => String(running ?? "") },
  { heading: "WAITING", cell: ({ depth }) => String(depth) },
];

/** Prints all queues. */
export async function queuesList(options: AccessOptions, terminal: Terminal): Promise<void> {
  await withApi(options, terminal, async (api) => {
    const queues = await allQueues(api);
    terminal.result({ queues });
    for (const line of tableLines(queues, COLUMNS)) terminal.line(line);
  });
}

/** Pauses, resumes or resizes a queue, named `workflow:<name>`, `activity:<name>`, or by its name if only one has it. */
export async function queuesUpdate(
  wanted: string,
  update: { status?: "ACTIVE" | "PAUSED"; capacity?: number },
  options: AccessOptions,
  terminal: Terminal,
): Promise<void> {
  await withApi(options, terminal, async (api) => {
    const queue = findQueue(await allQueues(api), wanted);
    await updateQueue(api, queue, update);
    const after = { ...queue, ...update };
    terminal.result({ queue: slotOf(after), status: after.status, capacity: after.capacity });
    terminal.line(`${slotOf(after)} is ${after.status.toLowerCase()}, with a capacity of ${after.capacity}.`);
  });
}

async function withApi(options: AccessOptions, terminal: Terminal, work: (api: Api) => Promise<void>): Promise<void> {
  const api = openTarget(resolveTarget(options), terminal);
  await work(api).finally(() => closeApi(api));
}

async function allQueues(api: Api): Promise<TypedQueue[]> {
  const lists = await Promise.all(QUEUE_TYPES.map((type) => listQueues(api, type)));
  return lists.flat();
}

function findQueue(queues: readonly TypedQueue[], wanted: string): TypedQueue {
  const fitting = queues.filter((queue) => slotOf(queue) === wanted || queue.name === wanted);
  const [only] = fitting;
  if (only === undefined) throw usageError(`There is no queue ${wanted}.`, queues.map(slotOf));
  if (fitting.length > 1) throw usageError(`Several queues are named ${wanted}. Say which:`, fitting.map(slotOf));
  return only;
}

function slotOf({ type, name }: { type: QueueType; name: string }): string {
  return `${type.toLowerCase()}:${name}`;
}

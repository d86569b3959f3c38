/** Durable work: runs and the queues they wait in (API v2). */
import { CliError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import {
  type Queue,
  queuePageAnswer,
  type Run,
  type RunEvent,
  runAnswer,
  runEventPageAnswer,
  runPageAnswer,
} from "./answers.ts";
import { type Api, type ApiCall, ApiError, call, callJson } from "./http.ts";

const RUNS_PATH = "/api/v2/internal/workflow-runs";
const QUEUES_PATH = "/api/v2/internal/task-queues";
const PAGE_SIZE = 200;
const PAGES_MAX = 1000;

/** What may be done to a run. */
export type RunAction = "cancel" | "suspend" | "resume" | "retry";

/** Types of queues, as the API names them. */
export const QUEUE_TYPES = ["WORKFLOW", "ACTIVITY"] as const;

/** One of {@link QUEUE_TYPES}. */
export type QueueType = (typeof QUEUE_TYPES)[number];

/** Up to `max` runs that fit the query, newest first, and how many there are. */
export async function listRuns(
  api: Api,
  query: NonNullable<ApiCall["query"]>,
  max: number,
): Promise<{ runs: Run[]; total: { count: number; type: string } }> {
  const runs: Run[] = [];
  let token: string | undefined;
  for (let page = 1; ; page++) {
    const limit = String(Math.min(PAGE_SIZE, max - runs.length));
    const paging = token === undefined ? { limit } : { limit, page_token: token };
    const answer = await callJson(
      api,
      { method: "GET", path: RUNS_PATH, query: { ...query, ...paging } },
      runPageAnswer,
    );
    runs.push(...answer.items);
    token = answer.next_page_token;
    // A page may be short or even empty; only a missing token is the end.
    if (token === undefined || runs.length >= max || page >= PAGES_MAX) return { runs, total: answer.total };
  }
}

/** One run. */
export async function readRun(api: Api, id: string): Promise<Run> {
  return await callJson(api, { method: "GET", path: `${RUNS_PATH}/${encodeURIComponent(id)}` }, runAnswer);
}

/** Everything that happened to a run, oldest first. */
export async function readRunEvents(api: Api, id: string): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  const path = `${RUNS_PATH}/${encodeURIComponent(id)}/events`;
  for (let token: string | undefined, page = 1; page <= PAGES_MAX; page++) {
    const query = { limit: String(PAGE_SIZE), ...(token === undefined ? {} : { page_token: token }) };
    const answer = await callJson(api, { method: "GET", path, query }, runEventPageAnswer);
    events.push(...answer.items);
    token = answer.next_page_token;
    if (token === undefined) break;
  }
  return events;
}

/** Does something to a run; a refusal because of the run's state is exit code 3. */
export async function operateRun(api: Api, id: string, action: RunAction, fromStep?: string): Promise<void> {
  const path = `${RUNS_PATH}/${encodeURIComponent(id)}/${action}`;
  const json = fromStep === undefined ? {} : { json: { from_step: fromStep } };
  try {
    await call(api, { method: "POST", path, ...json });
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 409)) throw error;
    throw new CliError(EXIT.refused, error.message, { details: error.details, problem: error.problem });
  }
}

/** All queues of a type, by name. */
export async function listQueues(api: Api, type: QueueType): Promise<(Queue & { type: QueueType })[]> {
  const query = { limit: String(PAGE_SIZE) };
  const { items } = await callJson(api, { method: "GET", path: `${QUEUES_PATH}/${type}`, query }, queuePageAnswer);
  return items.map((queue) => ({ type, ...queue }));
}

/** Changes a queue for the whole cluster; repeating it changes nothing more. */
export async function updateQueue(
  api: Api,
  { type, name }: { type: QueueType; name: string },
  update: { status?: "ACTIVE" | "PAUSED"; capacity?: number },
): Promise<void> {
  const path = `${QUEUES_PATH}/${type}/${encodeURIComponent(name)}`;
  await call(api, { method: "PATCH", path, json: update, safe: true });
}

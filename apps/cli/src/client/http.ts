/**
 * One call to the API: address and credentials, time limits, retries, and answers turned into values or errors.
 * Which calls may be sent again: `safe` ones always (reads, and writes that carry an Idempotency-Key or replace a
 * whole value); others only when the connection was refused, because then the server never saw them.
 */
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from "undici";
import type { z } from "zod";
import { CliError, codeOf, messageOf } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { ApiError, apiErrorFrom } from "./problem.ts";
import { type Attempt, type OnRetry, RETRY_RULES, type RetryRules, retryAfterMs, withRetries } from "./retry.ts";

/** Credentials of a call: an API key, a session token, or none. */
export type Credentials = { readonly apiKey: string } | { readonly sessionToken: string } | undefined;

/** A server as the commands use it. */
export interface Api {
  readonly url: string;
  readonly credentials: Credentials;
  readonly dispatcher: Dispatcher;
  readonly rules: RetryRules;
  readonly onRetry: OnRetry;
  /** Ends all waiting and sending, e.g. at Ctrl-C or --timeout. */
  readonly signal?: AbortSignal;
}

/** One call. */
export interface ApiCall {
  readonly method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  /** A list repeats its name. */
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON body. */
  readonly json?: unknown;
  /** Plain text body. */
  readonly text?: string;
  /** URL-encoded form body. */
  readonly form?: Readonly<Record<string, string>>;
  /** Makes the body of each attempt anew. */
  readonly body?: () => AsyncIterable<Uint8Array>;
  /** May be sent again after it may have arrived. Default: only for GET. */
  readonly safe?: boolean;
}

/** What came back, the body read completely. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

const CONNECT_TIMEOUT_MS = 10_000;
const HEADERS_TIMEOUT_MS = 120_000;
const BODY_TIMEOUT_MS = 60_000;
const CONNECTIONS_MAX = 8;
const ANSWER_MAX_BYTES = 64 * 1024 * 1024;
const STATUS_TO_REPEAT: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Makes the client of a server; close it with {@link closeApi}. */
export function openApi(
  url: string,
  credentials: Credentials,
  options: Partial<Omit<Api, "url" | "credentials">>,
): Api {
  const limits = { connect: { timeout: CONNECT_TIMEOUT_MS }, connections: CONNECTIONS_MAX };
  // A proxy set for the outside world must not stand between this command and a server on the same machine.
  const dispatcher = options.dispatcher ?? (isLoopback(url) ? new Agent(limits) : new EnvHttpProxyAgent(limits));
  return { rules: RETRY_RULES, onRetry: () => {}, ...options, url, credentials, dispatcher };
}

/** Lets the connections go so that the process can end. */
export async function closeApi(api: Api): Promise<void> {
  const CLOSE_TIMEOUT_MS = 500;
  await Promise.race([api.dispatcher.close(), sleep(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
}

/** The same server with other credentials. */
export function withCredentials(api: Api, credentials: Credentials): Api {
  return { ...api, credentials };
}

/** True for an address on this machine. */
export function isLoopback(url: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}

/** Makes a call; any status but 2xx and the `accepted` ones is an {@link ApiError}. */
export async function call(api: Api, what: ApiCall, accepted: readonly number[] = []): Promise<ApiAnswer> {
  const answer = await withRetries((attempt) => tryCall(api, what, attempt), api.rules, api.onRetry, api.signal).catch(
    (error: unknown) => {
      throw api.signal?.aborted === true ? abortError(api.signal) : error;
    },
  );
  if ((answer.status >= 200 && answer.status < 300) || accepted.includes(answer.status)) return answer;
  throw apiErrorFrom(what, answer);
}

/** Makes a call and checks its JSON answer at the door. */
export async function callJson<Schema extends z.ZodType>(
  api: Api,
  what: ApiCall,
  schema: Schema,
): Promise<z.output<Schema>> {
  const answer = await call(api, what);
  return parseAnswer(what, answer, schema);
}

/** The JSON of an answer, or undefined for the statuses that mean "there is none". */
export async function callJsonUnless<Schema extends z.ZodType>(
  api: Api,
  what: ApiCall,
  noneAt: readonly number[],
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  const answer = await call(api, what, noneAt);
  return noneAt.includes(answer.status) ? undefined : parseAnswer(what, answer, schema);
}

/** A header of an answer, the first if repeated. */
export function headerOf(answer: ApiAnswer, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function parseAnswer<Schema extends z.ZodType>(what: ApiCall, answer: ApiAnswer, schema: Schema): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(answer.text);
  } catch (cause) {
    throw new CliError(
      EXIT.failed,
      `The answer to ${what.method} ${what.path} is not JSON. Is this an Evertrack server?`,
      {
        cause,
      },
    );
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const place = parsed.error.issues[0];
  throw new CliError(EXIT.failed, `The answer to ${what.method} ${what.path} has an unexpected shape.`, {
    details: place === undefined ? [] : [`at /${place.path.join("/")}: ${place.message}`],
  });
}

async function tryCall(api: Api, what: ApiCall, attempt: number): Promise<Attempt<ApiAnswer>> {
  const safe = what.safe ?? what.method === "GET";
  try {
    const answer = await send(api, what);
    if (!STATUS_TO_REPEAT.has(answer.status) || !safe) return { value: answer };
    const afterMs = retryAfterMs(headerOf(answer, "retry-after"), Date.now());
    const failure = apiErrorFrom(what, answer);
    return { failure, reason: `the server answered ${answer.status}`, ...(afterMs === undefined ? {} : { afterMs }) };
  } catch (error) {
    if (error instanceof CliError || api.signal?.aborted === true) throw error;
    const failure = unreachable(api, error, attempt);
    if (!safe && codeOf(error) !== "ECONNREFUSED") throw failure;
    return { failure, reason: reasonOf(error) };
  }
}

async function send(api: Api, what: ApiCall): Promise<ApiAnswer> {
  const url = new URL(`${api.url}${what.path}`);
  for (const [name, value] of Object.entries(what.query ?? {}))
    for (const one of [value].flat()) url.searchParams.append(name, one);
  const response = await request(url, {
    method: what.method,
    headers: headersOf(api, what),
    body: bodyOf(what),
    dispatcher: api.dispatcher,
    headersTimeout: HEADERS_TIMEOUT_MS,
    bodyTimeout: BODY_TIMEOUT_MS,
    ...(api.signal === undefined ? {} : { signal: api.signal }),
  });
  return { status: response.statusCode, headers: response.headers, text: await textOf(response.body) };
}

function headersOf(api: Api, what: ApiCall): Record<string, string> {
  const headers: Record<string, string> = {
    accept: "application/json, application/problem+json, text/plain",
    ...what.headers,
  };
  if (what.json !== undefined) headers["content-type"] = "application/json";
  if (what.text !== undefined) headers["content-type"] = "text/plain";
  if (what.form !== undefined) headers["content-type"] = "application/x-www-form-urlencoded";
  if (api.credentials === undefined) return headers;
  if ("apiKey" in api.credentials) headers["x-api-key"] = api.credentials.apiKey;
  else headers.authorization = `Bearer ${api.credentials.sessionToken}`;
  return headers;
}

function bodyOf(what: ApiCall): string | Readable | null {
  if (what.body !== undefined) return Readable.from(what.body(), { objectMode: false });
  if (what.json !== undefined) return JSON.stringify(what.json);
  if (what.text !== undefined) return what.text;
  if (what.form !== undefined) return new URLSearchParams(what.form).toString();
  return null;
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    if (sizeBytes > ANSWER_MAX_BYTES) throw new CliError(EXIT.failed, "The server's answer is larger than 64 MiB.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function unreachable(api: Api, error: unknown, attempts: number): CliError {
  const tries = attempts > 1 ? ` (${attempts} attempts)` : "";
  return new CliError(EXIT.unreachable, `Cannot reach the server at ${api.url}: ${reasonOf(error)}${tries}.`, {
    cause: error,
    details: isLoopback(api.url) ? ["Is it running? Start it with: evertrack up"] : [],
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "the connection was cut",
  EPIPE: "the connection was cut",
  UND_ERR_SOCKET: "the connection was cut",
  ENOTFOUND: "unknown host name",
  EAI_AGAIN: "the host name could not be looked up",
  UND_ERR_CONNECT_TIMEOUT: "no connection in time",
  UND_ERR_HEADERS_TIMEOUT: "no answer in time",
  UND_ERR_BODY_TIMEOUT: "the answer stopped half-way",
};

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  return (code === undefined ? undefined : REASONS[code]) ?? messageOf(error);
}

function abortError(signal: AbortSignal): Error {
  return signal.reason instanceof CliError
    ? signal.reason
    : new CliError(EXIT.unreachable, "Interrupted.", { cause: signal.reason });
}

export { ApiError };

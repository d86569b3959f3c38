/** A server to script: each request is kept and answered by the first matching handler. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as it arrived. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** An answer: a status and a body (objects become JSON), or "cut" to destroy the connection. */
export type Reply = "cut" | { status?: number; body?: unknown; headers?: Record<string, string> };

/** Answers a request, or leaves it to the next handler. */
export type Handler = (request: Seen) => Reply | undefined;

/** The running stub. */
export interface StubApi extends AsyncDisposable {
  readonly url: string;
  readonly seen: Seen[];
  /** Requests of one method and path. */
  of(method: string, path: string): Seen[];
}

/** Starts a stub; what no handler answers is 404. */
export async function startStubApi(...handlers: Handler[]): Promise<StubApi> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => void answer(request, response, handlers, seen));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    of: (method, path) => seen.filter((request) => request.method === method && request.path === path),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A handler for one method and path; a RegExp must match the whole path. */
export function on(method: string, path: string | RegExp, reply: (request: Seen) => Reply): Handler {
  return (request) => {
    const matches = typeof path === "string" ? request.path === path : path.test(request.path);
    return request.method === method && matches ? reply(request) : undefined;
  };
}

/** Answers in order, the last one again and again. */
export function inTurn(...replies: [Reply, ...Reply[]]): () => Reply {
  let next = 0;
  return () => replies[Math.min(next++, replies.length - 1)] ?? replies[0];
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  handlers: Handler[],
  seen: Seen[],
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://stub");
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString("utf8");
  const arrived: Seen = {
    method: request.method ?? "",
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body,
  };
  seen.push(arrived);
  const reply = handlers
    .values()
    .map((handler) => handler(arrived))
    .find((it) => it !== undefined) ?? { status: 404, body: "unknown" };
  if (reply === "cut") return void request.socket.destroy();
  const isText = reply.body === undefined || typeof reply.body === "string";
  response.writeHead(reply.status ?? 200, {
    "content-type": isText ? "text/plain" : "application/json",
    ...reply.headers,
  });
  response.end(isText ? (reply.body as string | undefined) : JSON.stringify(reply.body));
}

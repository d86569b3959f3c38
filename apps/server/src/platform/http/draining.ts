/**
 * How a server leaves without losing a request.
 *
 *   draining: every answer asks the client to close its connection, unless more is on its way there
 *   closing:  the port closes when nobody waits to be accepted → connections end as they fall idle → past the limit all do
 *
 * An answer with `Connection: close` makes Node close the connection although the client may still be sending: the rest is
 * answered by a reset, and the client may lose the answer with it. So it is only asked for when a request was read to its end
 * and no other one came in behind it.
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import type { FastifyInstance } from "fastify";

/** A turn of the event loop that is shorter has just accepted whoever waited at the port, and done nothing else. */
const SHORT_TURN_MS = 0.05;
/** A busy server finds no short turn; then the port closes all the same. */
const QUIET_SEARCH_MAX_MS = 500;
const LOOK_INTERVAL_MS = 50;
/** A connection that says nothing for this long has nothing to say, e.g. one that a browser opened ahead. */
const SILENT_MAX_MS = 2_000;

const connections = new WeakMap<FastifyInstance, Set<Socket>>();

/** Makes answers ask for the end of their connection while `draining` is true, and `closeGently` possible. */
export function prepareToLeave(app: FastifyInstance, draining: () => boolean): void {
  const sockets = new Set<Socket>();
  connections.set(app, sockets);
  app.server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const underWay = new WeakMap<Socket, number>();
  const count = (socket: Socket, change: number) => underWay.set(socket, (underWay.get(socket) ?? 0) + change);
  app.addHook("onRequest", async (request) => {
    count(request.raw.socket, 1);
  });
  app.addHook("onResponse", async (request) => {
    count(request.raw.socket, -1);
  });
  app.addHook("onSend", async (request, reply) => {
    const isLast = isWhole(request.raw) && (underWay.get(request.raw.socket) ?? 0) <= 1;
    if (draining() && isLast) reply.header("Connection", "close");
    // Fastify asks on its own when it closes, whatever else is on its way.
    else if (!isLast && !reply.raw.headersSent) reply.raw.removeHeader("Connection");
  });
}

/** Closes the port and ends the connections; requests under way may take `graceMs`. */
export async function closeGently(app: FastifyInstance, graceMs: number): Promise<void> {
  const { server } = app;
  await quietMoment();
  let isOpen = true;
  const closed = new Promise<void>((resolve) => server.close(() => resolve())).then(() => {
    isOpen = false;
  });
  const closedPortMs = performance.now();
  for (let sinceMs = 0; isOpen && sinceMs < graceMs; sinceMs = performance.now() - closedPortMs) {
    server.closeIdleConnections();
    if (sinceMs > SILENT_MAX_MS) endSilent(app);
    await Promise.race([closed, delay(LOOK_INTERVAL_MS)]);
  }
  server.closeAllConnections();
  await app.close();
}

function isWhole({ complete, headers }: IncomingMessage): boolean {
  return complete || (headers["content-length"] === undefined && headers["transfer-encoding"] === undefined);
}

/**
 * Resolves right after a turn of the event loop in which everybody who waited at the port was accepted: whoever waits there
 * when it closes is reset. Behind a proxy that has noticed nobody does.
 */
async function quietMoment(): Promise<void> {
  const sinceMs = performance.now();
  for (let turnMs = sinceMs; turnMs - sinceMs < QUIET_SEARCH_MAX_MS; ) {
    await nextTurn();
    const nowMs = performance.now();
    if (nowMs - turnMs < SHORT_TURN_MS) return;
    turnMs = nowMs;
  }
}

function endSilent(app: FastifyInstance): void {
  for (const socket of connections.get(app) ?? []) if (socket.bytesRead === 0) socket.destroy();
}

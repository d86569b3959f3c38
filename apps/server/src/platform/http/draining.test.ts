import { once } from "node:events";
import { Agent, request } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { closeGently } from "./draining.ts";
import { type Route, route } from "./route.ts";
import { serverWith } from "./testing.ts";

const GRACE_MS = 60_000;
/** Half of the grace period: who ends earlier has not waited for it. */
const WITHOUT_WAITING_MS = 30_000;

let app: FastifyInstance;
let port: number;
let isDraining = false;
/** Both ends of every connection. */
let clients: Socket[];
let accepted: Socket[];
/** Lets `/slow` answer. */
let release: () => void;
let released: Promise<void>;

const routes: Route[] = [
  route({ method: "GET", path: "/quick", access: "public", handle: async () => "quick" }),
  route({
    method: "GET",
    path: "/slow",
    access: "public",
    handle: async () => {
      await released;
      return "slow";
    },
  }),
  route({ method: "POST", path: "/refused", access: "authenticated", handle: async () => "never" }),
  route({
    method: "POST",
    path: "/echo",
    access: "public",
    handle: async ({ raw }) => String((raw.body as string).length),
  }),
];

beforeEach(async () => {
  isDraining = false;
  ({ promise: released, resolve: release } = Promise.withResolvers<void>());
  app = await serverWith(routes, { draining: () => isDraining });
  [clients, accepted] = [[], []];
  app.server.on("connection", (socket: Socket) => accepted.push(socket));
  await app.listen({ host: "127.0.0.1", port: 0 });
  port = (app.server.address() as AddressInfo).port;
});
afterEach(async () => {
  release();
  await app.close();
});

function close(graceMs = GRACE_MS): Promise<void> {
  isDraining = true;
  return closeGently(app, graceMs);
}

/** Resolves when the server has read everything that was sent to it. */
async function received(): Promise<void> {
  await until(() => sentBytes() > 0 && readBytes() === sentBytes());
}
const sentBytes = () => clients.reduce((sum, socket) => sum + socket.bytesWritten, 0);
const readBytes = () => accepted.reduce((sum, socket) => sum + socket.bytesRead, 0);

/** A connection that collects what comes, and how it ended. */
async function open() {
  const socket: Socket = connect(port, "127.0.0.1");
  clients.push(socket);
  const seen = { text: "", error: undefined as Error | undefined };
  socket.on("data", (chunk) => (seen.text += chunk));
  socket.on("error", (error) => (seen.error = error));
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await once(socket, "connect");
  return { socket, seen, ended };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + GRACE_MS;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error("the condition did not come true in time");
    await delay(5);
  }
}

const head = (method: string, path: string, more = "") => `${method} ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
const bodyOf = (length: number, more = "") => `Content-Type: text/plain\r\nContent-Length: ${length}\r\n${more}`;
const answers = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));

describe("at the moment of closing nothing is reset:", () => {
  test("a body that is half sent is read to its end and answered", async () => {
    const { socket, seen, ended } = await open();
    socket.write(`${head("POST", "/echo", bodyOf(10))}12345`);
    await received();
    const closing = close();
    await delay(200);
    socket.write("67890");
    await Promise.all([closing, ended]);
    expect([answers(seen.text), seen.text.endsWith("10"), seen.error]).toEqual([[200], true, undefined]);
    expect(seen.text.toLowerCase()).toContain("connection: close");
  });

  test("headers that are half sent", async () => {
    const { socket, seen, ended } = await open();
    const [first, second] = [head("GET", "/quick").slice(0, 12), head("GET", "/quick").slice(12)];
    socket.write(first);
    await received();
    const closing = close();
    await delay(200);
    socket.write(second);
    await Promise.all([closing, ended]);
    expect([answers(seen.text), seen.error]).toEqual([[200], undefined]);
  });

  test("who waits for 100 Continue gets it, and an answer", async () => {
    const { socket, seen, ended } = await open();
    socket.write(head("POST", "/echo", bodyOf(4, "Expect: 100-continue\r\n")));
    await until(() => seen.text.includes("100 Continue"));
    const closing = close();
    await delay(200);
    socket.write("1234");
    await Promise.all([closing, ended]);
    expect([answers(seen.text), seen.error]).toEqual([[100, 200], undefined]);
  });

  test("requests sent one behind the other are all answered, in order", async () => {
    const { socket, seen, ended } = await open();
    socket.write(head("GET", "/slow") + head("GET", "/quick") + head("GET", "/slow"));
    await received();
    const closing = close();
    await delay(200);
    release();
    await Promise.all([closing, ended]);
    expect([answers(seen.text), seen.error]).toEqual([[200, 200, 200], undefined]);
    expect(seen.text.match(/slow|quick/g)).toEqual(["slow", "quick", "slow"]);
  });

  test("a refusal reaches a client that is still sending", async () => {
    isDraining = true;
    const size = 900_000;
    const { socket, seen, ended } = await open();
    socket.write(head("POST", "/refused", bodyOf(size)) + "x".repeat(100_000));
    await until(() => seen.text.includes("401"));
    socket.write("x".repeat(size - 100_000));
    socket.write(head("GET", "/quick"));
    await until(() => answers(seen.text).length === 2);
    await Promise.all([close(), ended]);
    expect([answers(seen.text), seen.error]).toEqual([[401, 200], undefined]);
  });
});

describe("closing does not wait for", () => {
  test("connections that are idle", async () => {
    const agent = new Agent({ keepAlive: true });
    const sent = request({ agent, port, host: "127.0.0.1", path: "/quick" });
    sent.end();
    const [answer] = await once(sent, "response");
    answer.resume();
    await once(answer, "end");
    const begunMs = performance.now();
    await close();
    expect(performance.now() - begunMs).toBeLessThan(WITHOUT_WAITING_MS);
    agent.destroy();
  });

  test("connections that never said anything", async () => {
    const { ended } = await open();
    const begunMs = performance.now();
    await Promise.all([close(), ended]);
    expect(performance.now() - begunMs).toBeLessThan(WITHOUT_WAITING_MS);
  });

  test("requests that outlast the grace period", async () => {
    const { socket, ended } = await open();
    socket.write(head("GET", "/slow"));
    await received();
    const begunMs = performance.now();
    await Promise.all([close(300), ended]);
    expect(performance.now() - begunMs).toBeLessThan(WITHOUT_WAITING_MS);
  });
});

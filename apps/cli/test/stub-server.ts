/**
 * Stands in for the server program: same flags, environment and talk with its supervisor, inherited sockets, a management port
 * with /health/ready, and a main port.
 * Behaviour on demand by environment:
 *   STUB_MIGRATE_EXIT  exit code of a one-shot migration      STUB_EXIT_BEFORE_READY  end at once with this code
 *   STUB_DRAIN_MS      time to take over SIGTERM               STUB_IGNORE_TERM        do not end on SIGTERM
 *   STUB_NEVER_READY   health stays 503                        STUB_DIE_AFTER_MS       end by itself after being ready
 *   STUB_DIE_WHEN_KEPT end by itself once it is kept           STUB_READY_FILE         say ready once this file is there
 *   STUB_TRACE         file that gets a line per event
 */
import { appendFileSync, existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const env = process.env;
const LOOK_MS = 20;

function trace(event: string): void {
  if (env.STUB_TRACE !== undefined) appendFileSync(env.STUB_TRACE, `${event}\n`);
}

function flag(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

const servers: Server[] = [];

/** On the inherited socket, if there is one. */
function listen(fd: string | undefined, host: string, port: number, ready: boolean): Promise<void> {
  const server = createServer((request, response) => {
    response.statusCode = ready ? 200 : 503;
    response.end(request.url);
  });
  servers.push(server);
  return new Promise((resolve) => {
    if (fd !== undefined) server.listen({ fd: Number(fd) }, resolve);
    else server.listen(port, host, resolve);
  });
}

function end(event: string): void {
  trace(`${event} ${process.pid}`);
  if (env.STUB_IGNORE_TERM !== undefined) return;
  setTimeout(
    async () => {
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
      trace(`drained ${process.pid}`);
      process.exit(0);
    },
    Number(env.STUB_DRAIN_MS ?? 0),
  );
}

/** As boot/supervisor.ts of the server. */
function heedSupervisor(): void {
  let kept = false;
  process.on("message", (message: { evertrack?: string }) => {
    if (message.evertrack === "keep") kept = true;
    if (kept && env.STUB_DIE_WHEN_KEPT !== undefined) process.exit(7);
    if (message.evertrack === "replaced") end("replaced");
  });
  process.once("disconnect", () => {
    if (!kept) end("abandoned");
  });
}

async function main(): Promise<void> {
  console.log(`stub server ${process.argv.slice(2).join(" ")}`);
  if (env.DT_INIT_TASKS_EXIT_AFTER_COMPLETION === "true") {
    trace("migrate");
    console.log("stub migration log");
    process.exit(Number(env.STUB_MIGRATE_EXIT ?? 0));
  }
  trace(`start ${process.pid} ${flag("-port")}`);
  if (env.STUB_EXIT_BEFORE_READY !== undefined) {
    console.log("stub cannot start because of a wrong setting");
    process.exit(Number(env.STUB_EXIT_BEFORE_READY));
  }
  process.on("SIGTERM", () => end("term"));
  heedSupervisor();
  const ready = env.STUB_NEVER_READY === undefined;
  await listen(env.DT_HTTP_SERVER_FD, flag("-host") ?? "0.0.0.0", Number(flag("-port")), true);
  await listen(env.DT_MANAGEMENT_FD, env.DT_MANAGEMENT_HOST ?? "0.0.0.0", Number(env.DT_MANAGEMENT_PORT), ready);
  while (env.STUB_READY_FILE !== undefined && !existsSync(env.STUB_READY_FILE)) await sleep(LOOK_MS);
  if (ready) process.send?.({ evertrack: "ready" });
  if (env.STUB_DIE_AFTER_MS !== undefined) setTimeout(() => process.exit(7), Number(env.STUB_DIE_AFTER_MS));
}

await main();

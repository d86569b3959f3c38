/**
 * Stands in for the server program: same flags and environment, a management port with /health/ready, and a main port.
 * Behaviour on demand by environment:
 *   STUB_MIGRATE_EXIT  exit code of a one-shot migration      STUB_EXIT_BEFORE_READY  end at once with this code
 *   STUB_DRAIN_MS      time to take over SIGTERM               STUB_IGNORE_TERM        do not end on SIGTERM
 *   STUB_NEVER_READY   health stays 503                        STUB_DIE_AFTER_MS       end by itself after being ready
 *   STUB_TRACE         file that gets a line per event
 */
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";

const env = process.env;

function trace(event: string): void {
  if (env.STUB_TRACE !== undefined) appendFileSync(env.STUB_TRACE, `${event}\n`);
}

function flag(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

function listen(host: string, port: number, ready: boolean): void {
  createServer((request, response) => {
    response.statusCode = ready ? 200 : 503;
    response.end(request.url);
  }).listen(port, host);
}

function main(): void {
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
  listen(flag("-host") ?? "0.0.0.0", Number(flag("-port")), true);
  listen(env.DT_MANAGEMENT_HOST ?? "0.0.0.0", Number(env.DT_MANAGEMENT_PORT), env.STUB_NEVER_READY === undefined);
  if (env.STUB_DIE_AFTER_MS !== undefined) setTimeout(() => process.exit(7), Number(env.STUB_DIE_AFTER_MS));
  process.on("SIGTERM", () => {
    trace(`term ${process.pid}`);
    if (env.STUB_IGNORE_TERM !== undefined) return;
    setTimeout(
      () => {
        trace(`drained ${process.pid}`);
        process.exit(0);
      },
      Number(env.STUB_DRAIN_MS ?? 0),
    );
  });
}

main();

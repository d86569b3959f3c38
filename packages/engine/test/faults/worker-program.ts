/** An instance of the engine in a process of its own, to be killed, stopped and restarted by the fault tests. */
import { createEngine } from "../../src/engine.ts";
import { pgEngineDatabase } from "../../src/store/database.ts";
import { openTestPool } from "../../src/testing/index.ts";
import { definitions, ticked } from "./definitions.ts";
import { WORKER_SETTINGS_VARIABLE, type WorkerSettings } from "./worker-settings.ts";

const settings = JSON.parse(process.env[WORKER_SETTINGS_VARIABLE] ?? "{}") as WorkerSettings;
if (settings.clockSkewMs !== undefined) {
  const now = Date.now.bind(Date);
  const skewMs = settings.clockSkewMs;
  Date.now = () => now() + skewMs;
}
const leaseMs = settings.leaseMs ?? 2000;
const concurrency = settings.concurrency ?? 20;
const pool = openTestPool(settings.url, settings.poolSize ?? 5);
const database = pgEngineDatabase(pool);
const print = (level: string) => (fields: object, message: string) => {
  const { err, ...rest } = fields as { err?: Error };
  console.log(level, message, JSON.stringify(rest), err?.message ?? "");
};
const engine = createEngine({
  database,
  instance: { id: settings.id, version: settings.version ?? "1.0.0" },
  log: { debug: () => undefined, info: print("info"), warn: print("warn"), error: print("error") },
  ...definitions(settings, database.executor),
  queues: [
    { kind: "workflow", name: "default" },
    { kind: "activity", name: "default" },
  ],
  workers: { perQueue: { default: { concurrency } } },
  leaderElection: { leaseMs, checkMs: leaseMs / 4 },
  lease: { leaseMs, beatMs: leaseMs / 4 },
  polling: { intervalMs: 50, maxMs: 300 },
  cron: settings.cron
    ? [
        {
          name: "every-second",
          schedule: "* * * * * *",
          async start(tx, client, firing) {
            await client.startRun(tx, ticked, { at: firing.toISOString() });
          },
        },
      ]
    : [],
});
process.on("SIGTERM", () => void engine.stop().then(() => process.exit(0)));
await startWhenPossible();
process.send?.("ready");

/** The database may be restarting just now. */
async function startWhenPossible(): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await engine.start();
    } catch (error) {
      if (attempt >= 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

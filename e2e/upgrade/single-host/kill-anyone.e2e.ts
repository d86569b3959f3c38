import { setTimeout as delay } from "node:timers/promises";
import { testDatabase } from "@evertrack/embedded-postgres/testing";
import { expect, test } from "vitest";
import { administratorOf } from "../../harness/api-client.ts";
import { type Build, workTreeBuild } from "../../harness/derived-build.ts";
import { Random } from "../../harness/random.ts";
import { SteadyLoad } from "../../harness/steady-load.ts";
import { until } from "../../harness/until.ts";
import { SingleHost } from "./single-host.ts";

const SEED = Number(process.env.EVERTRACK_SEED ?? 20_261_123);
const ROUNDS = Number(process.env.EVERTRACK_ROUNDS ?? 4);
/** From the moment the victim can be killed on; about as long as the rest of a take-over. */
const MOMENT_MAX_MS = 6_000;
const THERE_MAX_MS = 60_000;
const SETTLED_MAX_MS = 180_000;

const VICTIMS = ["the running up", "the successor", "the new instance"] as const;

/** Every instance process that was ever recorded, so that none is overlooked. */
function recordInstances(host: SingleHost) {
  const seen = new Set<number>();
  const look = () => {
    for (const state of [host.state(), host.state("up-next.json")])
      for (const { process: instance } of state?.instances ?? []) if (instance !== undefined) seen.add(instance.pid);
  };
  const timer = setInterval(look, 20);
  return {
    alive: () => [...seen].filter(isAlive),
    end: () => clearInterval(timer),
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The process to kill at this moment; undefined when there is none or the take-over is past. */
function find(host: SingleHost, victim: (typeof VICTIMS)[number], runningPid: number): number | undefined {
  const [state, next] = [host.state(), host.state("up-next.json")];
  if (state?.owner.pid !== runningPid) return undefined;
  if (victim === "the running up") return runningPid;
  return victim === "the successor" ? next?.owner.pid : next?.instances[0]?.process?.pid;
}

/** One up, one instance, nobody about to take over. */
async function settled(host: SingleHost, alive: () => number[]): Promise<void> {
  await until("one serves", SETTLED_MAX_MS, async () => {
    const state = host.state();
    const instance = state?.instances[0]?.process?.pid ?? 0;
    const left = alive();
    if (host.state("up-next.json") === undefined && isAlive(state?.owner.pid ?? 0) && left.length === 1)
      return left[0] === instance;
    throw new Error(`${JSON.stringify(state)}, alive: ${left}`);
  });
}

test(`kill -9 of anyone at any moment of a take-over leaves one version serving (EVERTRACK_SEED=${SEED})`, {
  timeout: 900_000,
}, async () => {
  const random = new Random(SEED);
  const build: Build = workTreeBuild();
  const database = await testDatabase();
  const host = await SingleHost.create({ DT_DATASOURCE_URL: database.url });
  const instances = recordInstances(host);
  try {
    await host.serve(build);
    const admin = await administratorOf(host.url);
    const user = { username: "admin", password: "none" };
    const load = new SteadyLoad({
      url: host.url,
      headers: admin.headers,
      user,
      kinds: ["read", "read", "put"],
      prefix: "k",
    });
    for (let round = 0; round < ROUNDS; round++) {
      const victim = random.pick(VICTIMS);
      const momentMs = random.between(0, MOMENT_MAX_MS);
      const failedBefore = load.failures.length;
      const running = host.state()?.owner.pid ?? 0;
      const successor = host.up(build, ["--replace"]);
      const there = victim === "the running up" ? "the successor" : victim;
      await until("it can be killed", THERE_MAX_MS, async () => {
        if (find(host, there, running) !== undefined) return true;
        throw new Error(`${there} beside ${running}: ${JSON.stringify(host.state())}\n${successor.output()}`);
      });
      await delay(momentMs);
      const pid = find(host, victim, running);
      if (pid !== undefined) process.kill(pid, "SIGKILL");
      console.info(`round ${round}: ${victim} after ${momentMs} ms${pid === undefined ? ", too late" : ""}`);
      await settled(host, instances.alive);
      await load.more(3);
      // Only who was being answered by an instance that was killed may have seen that.
      if (victim !== "the new instance") expect(load.failures.slice(failedBefore)).toEqual([]);
    }
    await load.end();
    for (const token of load.tokens) await admin.processed(token, 120_000);
  } finally {
    instances.end();
    await host.remove(build);
    await database.drop();
  }
});

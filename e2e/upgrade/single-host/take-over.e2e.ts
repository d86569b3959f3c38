import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiClient, administratorOf } from "../../harness/api-client.ts";
import { replaceIn } from "../../harness/build-release.ts";
import { type Build, buildOf } from "../../harness/derived-build.ts";
import { WORK_TREE } from "../../harness/releases.ts";
import { SteadyLoad } from "../../harness/steady-load.ts";
import { until } from "../../harness/until.ts";
import { type Command, SingleHost, watchHealth } from "./single-host.ts";

const BASE = WORK_TREE;
/** Newer than whatever the work tree is. */
const NEXT = "98.0.0";
const PROBE = {
  name: "209901010000__add_probe.sql",
  sql: "-- phase: expand\n-- Owner: features/cluster\ncreate table probe (id int);\n",
};
const BROKEN = { name: "209901010000__add_probe.sql", sql: `${PROBE.sql}select 1 / 0;\n` };
const TIMEOUT_MS = 600_000;
const READY_S = "120";
/** For a version that ends by itself, and for one that never becomes ready: that one uses all of it up. */
const [FAILS_WITHIN_S, NEVER_READY_S] = ["60", "15"];

const START = "await instance.start();";
const HANG = "const timer = setInterval(() => undefined, 1e6); await stopping.signal; clearInterval(timer);";
const inServer = (found: string, replacement: string) => (directory: string) =>
  replaceIn(join(directory, "apps/server/src/boot/run.ts"), found, replacement);

/** One installation on one machine, with its own database, always under load; each test finds what the one before it left. */
describe("on a single host, under uploads and reads,", { timeout: TIMEOUT_MS }, () => {
  let host: SingleHost;
  let [old, next]: [Build?, Build?] = [];
  let first: Command;
  let admin: ApiClient;
  let load: SteadyLoad;
  let healthSeen: () => Promise<string[]>;

  beforeAll(async () => {
    [old, next] = [await buildOf(BASE), await buildOf(BASE, { version: NEXT, addMigrations: [PROBE] })];
    host = await SingleHost.create();
    first = await host.serve(old);
    admin = await administratorOf(host.url);
    load = new SteadyLoad({
      url: host.url,
      headers: admin.headers,
      user: { username: "admin", password: "none" },
      kinds: ["read", "read", "read", "post", "put"],
      prefix: "load",
    });
    healthSeen = watchHealth(host.managementUrl);
    await load.more(10);
  }, TIMEOUT_MS);
  afterAll(async () => {
    await load?.end();
    await healthSeen?.();
    if (old !== undefined) await host?.remove(old);
  }, TIMEOUT_MS);

  test.each([
    ["never becomes ready", { patch: inServer(START, HANG) }, /in time/, NEVER_READY_S],
    ["ends while it starts", { patch: inServer(START, "process.exit(9);") }, /ended: exit code 9/, FAILS_WITHIN_S],
    [
      "has a migration that fails",
      { addMigrations: [BROKEN] },
      /migrations failed[\s\S]*division by zero/,
      FAILS_WITHIN_S,
    ],
  ])("a version that %s is ended by itself; the running one goes on", async (_, derivation, why, readyTimeoutS) => {
    const before = host.state();
    const broken = await buildOf(BASE, { version: NEXT, ...derivation });
    const told = first.output().length;
    const command = host.up(broken, ["--ready-timeout", readyTimeoutS]);
    expect(await command.ended, command.output()).toBe(1);
    expect(command.output()).toMatch(why);
    expect(command.output()).toContain("goes on as before");
    await until("it says so", 180_000, async () => first.output().slice(told).includes("did not take over"));
    expect([host.state(), host.state("up-next.json")]).toEqual([before, undefined]);
    await load.more(5);
    expect(await host.version()).toBe(old?.version);
    expect(load.failures).toEqual([]);
  });

  test("the next version takes the place of the running one, and goes back, without a failed request", async () => {
    const [before, after] = [old, next] as [Build, Build];
    const upgraded = await host.serve(after, ["--ready-timeout", READY_S]);
    expect(upgraded.output()).toContain(`${before.version} → ${NEXT}: new instance ready, draining old`);
    expect(await first.ended).toBe(0);
    expect(first.output()).toContain("A new version has taken over");
    await load.more(20);
    expect(await host.version()).toBe(NEXT);
    const refused = host.up(before);
    expect([await refused.ended, refused.output()]).toEqual([3, expect.stringContaining("up --allow-downgrade")]);
    const back = await host.serve(before, ["--allow-downgrade", "--ready-timeout", READY_S]);
    expect(await upgraded.ended).toBe(0);
    await load.more(20);
    expect(await host.version()).toBe(before.version);
    await load.end();
    expect(load.failures).toEqual([]);
    expect(await healthSeen()).toEqual([]);
    for (const token of load.tokens) await admin.processed(token, 120_000);
    const projects = await admin.listAll<{ name: string }>("/api/v1/project");
    expect(projects.filter(({ name }) => name.startsWith("load-")).length).toBe(load.tokens.length);
    expect(await host.down(before)).toBe(0);
    expect([await back.ended, host.state()]).toEqual([0, undefined]);
    console.info(`answered ${JSON.stringify(load.answered)}, failed ${load.failures.length}`);
  });
});

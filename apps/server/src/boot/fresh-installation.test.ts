import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestDatabase, testDatabase } from "@evertrack/embedded-postgres/testing";
import { migrate, status } from "@evertrack/migrator";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadManifest } from "../features/upgrades/index.ts";
import { type Config, loadConfig } from "../platform/config/index.ts";
import { createLog } from "../platform/log/log.ts";
import { Instance } from "./instance.ts";
import { migratedComponents } from "./migrated-components.ts";
import { VERSION } from "./version.ts";
import { upgradeWord } from "./words/upgrade.ts";

const PROGRAM = join(import.meta.dirname, "../testing/killed-installation-program.ts");
const app = loadManifest().migrations.filter(({ component }) => component === "app");
/** Files of this release's own contract come last; those of releases before it stand where they were made. */
const contracts = app.filter(({ phase, release }) => phase === "contract" && release === VERSION).map(({ id }) => id);
const inOrder = [...app.map(({ id }) => id).filter((id) => !contracts.includes(id)), ...contracts];
/** Half-way, and before the last one. */
const killPoints = [inOrder[Math.floor(inOrder.length / 2)], inOrder.at(-2)];

let database: TestDatabase;
let directory = "";
let instance: Instance | undefined;
beforeEach(async () => {
  database = await testDatabase();
  directory = await mkdtemp(join(tmpdir(), "installation-"));
});
afterEach(async () => {
  await instance?.stop();
  instance = undefined;
  await database.drop();
  await rm(directory, { recursive: true });
});

function configOf(properties: Record<string, string> = {}): Config {
  const own = {
    "dt.datasource.url": database.url,
    "dt.data-directory": directory,
    "dt.management.host": "127.0.0.1",
    "dt.management.port": "0",
    "dt.http.server.host": "127.0.0.1",
    "dt.http.server.port": "0",
    "dt.bcrypt.rounds": "4",
    "dt.shutdown.drain-delay-ms": "0",
  };
  const overrides = new Map(Object.entries({ ...own, ...properties }));
  return loadConfig({ environment: {}, workingDirectory: directory, overrides });
}

async function start(properties: Record<string, string> = {}): Promise<void> {
  instance = new Instance(
    configOf(properties),
    createLog({ level: "silent", instance: "i-1" }),
    "i-1",
    () => undefined,
  );
  await instance.initialise();
  await instance.start();
}

/** `upgrade …` with its exit status and what it printed. */
async function upgrade(...args: string[]): Promise<{ exit: number; printed: string }> {
  let printed = "";
  const log = createLog({ level: "silent", instance: "word" });
  const exit = await upgradeWord({ args, config: configOf(), log, write: (text) => (printed += text) });
  return { exit, printed };
}

async function killedAfter(migration: string): Promise<void> {
  const child = spawn(process.execPath, [PROGRAM, database.url, migration], { stdio: ["ignore", "ignore", "inherit"] });
  expect(await once(child, "close"), migration).toEqual([null, "SIGKILL"]);
}

async function left(): Promise<string[]> {
  const states = await Promise.all(migratedComponents(configOf()).map((component) => status(component)));
  return states.flatMap(({ pending, unfinished }) => [...pending.map(({ id }) => id), ...unfinished]);
}

test("an installation leaves nothing pending, also after it was killed between migrations", {
  timeout: 120_000,
}, async () => {
  for (const id of killPoints) {
    await killedAfter(`app/${id}`);
    expect(await left()).not.toEqual([]);
  }
  await start();
  expect(await left()).toEqual([]);
  expect((await upgrade("status")).printed).toMatch(
    /no upgrade is going on.*pending for this build: 0 expand, 0 contract/s,
  );
  const { stage, pending, reasons } = JSON.parse((await upgrade("check", "--json")).printed);
  expect({ stage, pending, reasons: reasons.map(({ code }: { code: string }) => code) }).toEqual({
    stage: "current",
    pending: [],
    reasons: [],
  });
});

test.skipIf(contracts.length === 0)(
  `${contracts.length === 0 ? "(skipped: this release has no contract) " : ""}one that instances joined unfinished is told of, and seen through by finalizing`,
  async () => {
    for (const component of migratedComponents(configOf())) await migrate({ ...component, version: VERSION });
    await start({ "dt.init-tasks.enabled": "false" });
    expect(await left()).toEqual(contracts);
    const { exit, printed } = await upgrade("check", "--supervised");
    expect({ exit, printed }).toMatchObject({ exit: 5, printed: expect.stringContaining("upgrade-not-finalized") });
    expect(await upgrade("finalize")).toMatchObject({ exit: 0 });
    expect(await left()).toEqual([]);
  },
);

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { until } from "@evertrack/engine/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { executorOf } from "../../../platform/db/index.ts";
import { startScheduledEpssMirror } from "../commands/start-epss-mirror.ts";
import * as testing from "../testing.ts";
import { serveFeeds } from "../testing-nvd.ts";

const SCORES = 150_000;
const DEADLINE_MS = 60_000;

let opened: Awaited<ReturnType<typeof testing.openTestDatabase>>;
let server: Awaited<ReturnType<typeof serveFeeds>>;

beforeAll(async () => {
  opened = await testing.openTestDatabase();
  const lines = Array.from({ length: SCORES }, (_, n) => `CVE-2025-${10_000 + n},0.${(n % 900) + 100},0.5\n`);
  const table = gzipSync(`cve,epss,percentile\n${lines.join("")}`);
  server = await serveFeeds(new Map([["epss_scores-current.csv.gz", table]]), new Map());
});
afterAll(async () => {
  server?.close();
  await opened?.drop();
});

async function one<R extends object>(text: string, values: unknown[] = []): Promise<R | undefined> {
  return (await executorOf(opened.database.db).query<R>(text, values)).rows[0];
}

const storedScores = async () => (await one<{ n: number }>("select count(*)::int as n from epss_score"))?.n ?? 0;

it("a mirror of EPSS whose process is killed is finished by another one, each score stored once", {
  timeout: 3 * DEADLINE_MS,
}, async () => {
  await one(
    `insert into config_property (group_name, property_name, property_type, property_value)
     values ('vuln-source', 'epss.feeds.url', 'URL', $1)
     on conflict (group_name, property_name) do update set property_value = excluded.property_value`,
    [server.url],
  );
  const starter = await testing.startMirrorBench(opened.database);
  await starter.engine.client.updateQueue({ kind: "workflow", name: "default", status: "PAUSED" });
  const { client } = starter.engine;
  const start = () =>
    opened.database.transaction((tx) => startScheduledEpssMirror(tx, client, { gateOpen: () => true }));
  expect([await start(), await start()], "one at a time").toEqual([true, false]);
  await starter.stop();

  const victim = spawn(process.execPath, [fileURLToPath(new URL("./mirror-process.ts", import.meta.url)), opened.url], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  try {
    await one("update wf_queue set status = 'ACTIVE' where name = 'default'");
    const stored = await until("a part is stored", async () => (await storedScores()) || false, DEADLINE_MS);
    expect(stored, "killed in the middle").toBeLessThan(SCORES);
  } finally {
    victim.kill("SIGKILL");
    await once(victim, "exit");
  }
  const kept = await storedScores();

  const heir = await testing.startMirrorBench(opened.database, { leaseMs: 1_500 });
  try {
    const latest = await one<{ id: string }>(
      "select value->>'runId' as id from extension_state where key = 'latest-run' and extension = 'epss'",
    );
    const run = await testing.endOf(heir.engine, latest?.id ?? "", DEADLINE_MS);
    expect(run.error).toBeNull();
    expect(run.output).toMatchObject({ outcome: "read", new: SCORES, updated: 0, unchanged: 0, removed: 0 });
    expect(await storedScores()).toBe(SCORES);
    console.log(`killed after ${kept} of ${SCORES} scores`);
  } finally {
    await heir.stop();
  }
});

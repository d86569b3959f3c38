import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { until } from "@evertrack/engine/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { executorOf } from "../../../platform/db/index.ts";
import * as testing from "../testing.ts";
import { cve, feedFiles, feedText, serveFeeds } from "../testing-nvd.ts";

const RECORDS = 6_000;
const DEADLINE_MS = 60_000;

let opened: Awaited<ReturnType<typeof testing.openTestDatabase>>;
let server: Awaited<ReturnType<typeof serveFeeds>>;

beforeAll(async () => {
  opened = await testing.openTestDatabase();
  const many = Array.from({ length: RECORDS }, (_, index) => cve(`CVE-2026-${10_000 + index}`));
  server = await serveFeeds(feedFiles("2026", feedText(many)), new Map());
});
afterAll(async () => {
  server?.close();
  await opened?.drop();
});

async function one<R extends object>(text: string): Promise<R | undefined> {
  return (await executorOf(opened.database.db).query<R>(text)).rows[0];
}

const LATEST = "select value->>'runId' as id from extension_state where key = 'latest-run' and extension = 'nvd'";

it("a mirror of NVD whose process is killed is finished by another one, each record stored and told once", {
  timeout: 3 * DEADLINE_MS,
}, async () => {
  const starter = await testing.startMirrorBench(opened.database);
  await starter.configure({ cveFeedsUrl: server.url }, "nvd");
  await starter.engine.client.updateQueue({ kind: "workflow", name: "default", status: "PAUSED" });
  const ended = starter.mirror(2 * DEADLINE_MS, "nvd").catch(() => undefined);
  await until("the run waits", async () => await one(LATEST));
  await starter.stop();

  const victim = spawn(process.execPath, [fileURLToPath(new URL("./mirror-process.ts", import.meta.url)), opened.url], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  try {
    await executorOf(opened.database.db).query("update wf_queue set status = 'ACTIVE' where name = 'default'");
    const stored = await until(
      "a part is stored",
      async () => {
        const found = await one<{ n: number }>("select count(*)::int as n from vulnerability");
        return found !== undefined && found.n >= 200 && found.n;
      },
      DEADLINE_MS,
    );
    expect(stored, "killed in the middle").toBeLessThan(RECORDS);
  } finally {
    victim.kill("SIGKILL");
    await once(victim, "exit");
  }

  const heir = await testing.startMirrorBench(opened.database, { leaseMs: 1_500 });
  try {
    const run = await testing.endOf(heir.engine, (await one<{ id: string }>(LATEST))?.id ?? "", DEADLINE_MS);
    expect(run.error).toBeNull();
    expect((run.output as Record<string, unknown>)["2026"]).toMatchObject({
      outcome: "read",
      new: RECORDS,
      updated: 0,
    });
    expect(
      await one(
        "select count(*) as n, count(distinct id) as d from (select jsonb_array_elements(payload->'vulnerabilityIds') id from outbox_event) e",
      ),
    ).toEqual({ n: RECORDS, d: RECORDS });
    expect(await one("select count(*) as n from vulnerability_affected_cpe")).toEqual({ n: RECORDS });
  } finally {
    await heir.stop();
    await ended;
  }
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { until } from "@evertrack/engine/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { executorOf } from "../../../platform/db/index.ts";
import * as testing from "../testing.ts";

const ADVISORIES = 3_000;
const DEADLINE_MS = 60_000;

let opened: Awaited<ReturnType<typeof testing.openTestDatabase>>;
let bucket: Awaited<ReturnType<typeof testing.serveBucket>>;

beforeAll(async () => {
  opened = await testing.openTestDatabase();
  const many = Array.from({ length: ADVISORIES }, (_, index) => testing.advisory(`PYSEC-${index}`));
  bucket = await testing.serveBucket(new Map(testing.bucketFiles("PyPI", many, { single: false })));
});
afterAll(async () => {
  bucket?.close();
  await opened?.drop();
});

async function one<R extends object>(text: string): Promise<R | undefined> {
  return (await executorOf(opened.database.db).query<R>(text)).rows[0];
}

it("a mirror whose process is killed is finished by another one, each advisory stored and told once", {
  timeout: 3 * DEADLINE_MS,
}, async () => {
  const starter = await testing.startMirrorBench(opened.database);
  await starter.configure({ dataUrl: bucket.url, ecosystems: ["PyPI"] });
  await starter.engine.client.updateQueue({ kind: "workflow", name: "default", status: "PAUSED" });
  const ended = starter.mirror(2 * DEADLINE_MS).catch(() => undefined);
  await until("the run waits", async () => await one("select 1 from extension_state where key = 'latest-run'"));
  await starter.stop();

  const victim = spawn(process.execPath, [fileURLToPath(new URL("./mirror-process.ts", import.meta.url)), opened.url], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  try {
    await executorOf(opened.database.db).query("update wf_queue set status = 'ACTIVE' where name = 'default'");
    const stored = await until(
      "a part is stored",
      async () => {
        const found = await one<{ done: number }>(
          "select (value->>'done')::int as done from extension_state where key = 'progress'",
        );
        return found !== undefined && found.done >= 100 && found.done;
      },
      DEADLINE_MS,
    );
    expect(stored, "killed in the middle").toBeLessThan(ADVISORIES);
  } finally {
    victim.kill("SIGKILL");
    await once(victim, "exit");
  }

  const heir = await testing.startMirrorBench(opened.database, { leaseMs: 1_500 });
  try {
    const runId = (
      await one<{ id: string }>("select value->>'runId' as id from extension_state where key = 'latest-run'")
    )?.id;
    const run = await testing.endOf(heir.engine, runId ?? "", DEADLINE_MS);
    expect(run.output).toEqual({
      PyPI: { new: ADVISORIES, updated: 0, unchanged: 0, withdrawn: 0, unreadable: 0 },
    });
    expect(
      await one(
        "select count(*) as n, count(distinct id) as d from (select jsonb_array_elements(payload->'vulnerabilityIds') id from outbox_event) e",
      ),
    ).toEqual({ n: ADVISORIES, d: ADVISORIES });
    expect(await one("select count(*) as n from vulnerability")).toEqual({ n: ADVISORIES });
  } finally {
    await heir.stop();
    await ended;
  }
});

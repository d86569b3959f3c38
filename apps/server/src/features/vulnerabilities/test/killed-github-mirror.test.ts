import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { until } from "@evertrack/engine/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { executorOf } from "../../../platform/db/index.ts";
import * as testing from "../testing.ts";
import { ghsa, ghsaId, serveGithub } from "../testing-github.ts";

const RECORDS = 4_000;
const DEADLINE_MS = 60_000;
/** One change every six hours, the last ones in 2022. */
const FIRST_MS = Date.parse("2020-01-01T00:00:00Z");
const EVERY_MS = 6 * 3_600_000;

let opened: Awaited<ReturnType<typeof testing.openTestDatabase>>;
let server: Awaited<ReturnType<typeof serveGithub>>;

beforeAll(async () => {
  opened = await testing.openTestDatabase();
  server = await serveGithub();
  for (let n = 0; n < RECORDS; n++)
    server.nodes.push(ghsa(ghsaId(n), { updatedAt: new Date(FIRST_MS + n * EVERY_MS).toISOString() }));
});
afterAll(async () => {
  server?.close();
  await opened?.drop();
});

async function one<R extends object>(statement: string): Promise<R | undefined> {
  return (await executorOf(opened.database.db).query<R>(statement)).rows[0];
}

const LATEST = "select value->>'runId' as id from extension_state where key = 'latest-run' and extension = 'github'";

it("a mirror of GitHub whose process is killed is finished by another one from there on, each advisory told once", {
  timeout: 3 * DEADLINE_MS,
}, async () => {
  const starter = await testing.startMirrorBench(opened.database);
  await starter.configure({ apiUrl: server.url }, "github");
  await starter.engine.client.updateQueue({ kind: "workflow", name: "default", status: "PAUSED" });
  const ended = starter.mirror(2 * DEADLINE_MS, "github").catch(() => undefined);
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
  const position = await one<{ updated: string }>(
    "select value->>'updated' as updated from extension_state where key = 'position' and extension = 'github'",
  );
  server.questions.length = 0;

  const heir = await testing.startMirrorBench(opened.database, { leaseMs: 1_500 });
  try {
    const run = await testing.endOf(heir.engine, (await one<{ id: string }>(LATEST))?.id ?? "", DEADLINE_MS);
    expect(run.error).toBeNull();
    expect(run.output).toMatchObject({ outcome: "read", new: RECORDS, updated: 0 });
    const since = Date.parse(server.questions[0]?.since ?? "");
    expect(since, "not from the beginning").toBe(Date.parse(position?.updated ?? "") - 3_600_000);
    expect(
      await one(
        "select count(*) as n, count(distinct id) as d from (select jsonb_array_elements(payload->'vulnerabilityIds') id from outbox_event) e",
      ),
    ).toEqual({ n: RECORDS, d: RECORDS });
    expect(await one("select count(*) as n from vulnerability_affected")).toEqual({ n: RECORDS });
  } finally {
    await heir.stop();
    await ended;
  }
});

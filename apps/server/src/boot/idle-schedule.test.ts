import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../platform/clock/clock.ts";
import { Seed } from "../testing/seed.ts";
import { type TestServer, testServer } from "../testing/test-server.ts";
import { composeFeatures } from "./features.ts";

let server: TestServer;
let seed: Seed;
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
});
afterAll(() => server?.close());

/** Tasks of every minute fire as the leader fires them; names of the tasks that started a run. */
async function fireEveryMinute(): Promise<string[]> {
  const { config, database, files, log, engine } = server;
  const { schedule } = composeFeatures({ config, database, files, clock: systemClock, log });
  await seed.rows("truncate wf_run");
  for (const task of schedule.filter(({ schedule: when }) => when === "* * * * *"))
    await database.transaction((tx) => task.start(tx, engine.client, new Date()));
  const rows = await seed.rows<{ task: string }>(
    "select coalesce(input->>'task', name) as task from wf_run order by 1",
  );
  return rows.map(({ task }) => task);
}

test("what fires every minute starts nothing while there is nothing to do, and each when there is", async () => {
  expect(await fireEveryMinute()).toEqual([]);
  const { id, uuid } = await seed.project();
  expect(await fireEveryMinute()).toEqual(["analyze-project"]);
  await seed.rows("insert into metrics_dirty_project (project_id) values ($1)", [id]);
  expect(await fireEveryMinute()).toEqual(["marked-project-metrics"]);
  await seed.rows("delete from metrics_dirty_project");
  const upload = `insert into bom_upload (token, project_id, project_uuid, file_location, file_sha256, size_bytes, uploaded_by, received_at)
    values (gen_random_uuid(), $1, $2, 'local:///x', '', 0, 'test', now() - $3 * interval '1 second')`;
  await seed.rows(upload, [id, uuid, 1]);
  expect(await fireEveryMinute(), "the upload is young").toEqual([]);
  await seed.rows(upload, [id, uuid, 60]);
  expect(await fireEveryMinute()).toEqual(["abandoned-uploads"]);
});

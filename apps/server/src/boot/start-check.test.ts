import { expect, test } from "vitest";
import { JoinRefusedError } from "../features/cluster/index.ts";
import { loadConfig } from "../platform/config/index.ts";
import { type TestServer, testServer } from "../testing/test-server.ts";
import { Instance } from "./instance.ts";

test("a version that may not join runs no init task: nothing is migrated, nothing is written", async () => {
  const server = await testServer();
  const { executor } = server.database;
  try {
    await executor.query("update cluster_state set finalized_version = '0.0.1'");
    await executor.query(
      "delete from evertrack_schema_migration where id = (select max(id) from evertrack_schema_migration)",
    );
    const history = () => executor.query("select component, id, state from evertrack_schema_migration order by 1, 2");
    const before = await history();
    await expectRefused(server, {});
    expect((await history()).rows).toEqual(before.rows);
    expect((await executor.query("select from cluster_instance")).rowCount).toBe(0);
  } finally {
    await server.close();
  }
});

test("an instance that leaves migrations to others is refused too where a later version has taken away what it needs", async () => {
  const server = await testServer();
  try {
    await server.database.executor.query(`insert into evertrack_schema_migration
      select (jsonb_populate_record(m, '{"id": "209901010000__later", "phase": "contract"}')).*
      from evertrack_schema_migration m where component = 'app' order by id limit 1`);
    await expectRefused(server, { DT_INIT_TASKS_ENABLED: "false" });
    expect((await server.database.executor.query("select from cluster_instance")).rowCount).toBe(0);
  } finally {
    await server.close();
  }
});

async function expectRefused(server: TestServer, settings: Record<string, string>): Promise<void> {
  const environment = {
    DT_DATASOURCE_URL: server.databaseUrl,
    DT_MANAGEMENT_HOST: "127.0.0.1",
    DT_MANAGEMENT_PORT: "0",
    ...settings,
  };
  const config = loadConfig({ environment, workingDirectory: "/nowhere" });
  const instance = new Instance(config, server.log, "refused", () => undefined);
  await expect(instance.initialise()).rejects.toThrow(JoinRefusedError);
  await instance.stop();
}

import { testDatabase } from "@evertrack/embedded-postgres/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { loadConfig } from "../../platform/config/index.ts";
import { Database, dataSourceSettings } from "../../platform/db/index.ts";
import { createLog } from "../../platform/log/log.ts";
import { type TestServer, testServer } from "../../testing/test-server.ts";
import { checkBeforeStart } from "./check-start.ts";
import { JoinRefusedError } from "./join-refused.ts";

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server?.close());
beforeEach(async () => {
  await server.database.executor.query(
    "update cluster_state set finalized_version = '1.0.0', min_join_version = '1.0.0'",
  );
  await server.database.executor.query("delete from evertrack_schema_migration where phase = 'contract'");
});

const check = (version: string, minBesideVersion: string, contracts: string[] = []) =>
  checkBeforeStart(server.database.db, { version, minBesideVersion, contracts });

test("a version that fits the cluster may start; one that is too old or too new is refused before it touches anything", async () => {
  expect(await check("1.1.0", "1.0.0")).toEqual({ fresh: false });
  await expect(check("0.9.0", "0.9.0")).rejects.toThrow(JoinRefusedError);
  await expect(check("1.2.0", "1.1.0")).rejects.toThrow(/too far ahead/);
});

test("a contract migration this version does not have refuses it; its own do not", async () => {
  await server.database.executor.query(
    `insert into evertrack_schema_migration (component, id, checksum, phase, state, version)
     values ('app', '209901010000__drop_old', 'x', 'contract', 'running', '1.1.0')`,
  );
  await expect(check("1.1.0", "1.0.0")).rejects.toThrow(/app\/209901010000__drop_old/);
  expect(await check("1.1.0", "1.0.0", ["app/209901010000__drop_old"])).toEqual({ fresh: false });
});

test("a database is fresh while only this version has migrated it and no instance has ever joined", async () => {
  const { executor } = server.database;
  await executor.query("update evertrack_schema_migration set version = '1.1.0'");
  expect(await check("1.1.0", "1.0.0"), "used").toEqual({ fresh: false });
  await executor.query("update cluster_state set finalized_version = null, min_join_version = '0.0.0'");
  expect(await check("1.1.0", "1.0.0")).toEqual({ fresh: true });
  expect(await check("1.1.1", "1.0.0"), "of another version").toEqual({ fresh: false });
});

test("a database that was never migrated is fresh, whatever the version", async () => {
  const empty = await testDatabase();
  const log = createLog({ level: "silent", instance: "test" });
  const config = loadConfig({ environment: { DT_DATASOURCE_URL: empty.url }, workingDirectory: "/nowhere" });
  const database = new Database(dataSourceSettings(config, "default", "test"), log);
  try {
    const build = { version: "9.0.0", minBesideVersion: "8.0.0", contracts: [] };
    expect(await checkBeforeStart(database.db, build)).toEqual({ fresh: true });
  } finally {
    await database.close();
    await empty.drop();
  }
});

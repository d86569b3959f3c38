import { readFileSync } from "node:fs";
import { join } from "node:path";
import { migrate } from "@evertrack/migrator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appMigrationsDirectory } from "../../boot/init-tasks.ts";
import { type TestServer, testServer } from "../../testing/test-server.ts";
import { TwoReleases } from "./testing/two-releases.ts";

const GUIDE = join(import.meta.dirname, "../../../../../docs/upgrading/release-guides/0.2.0.md");

let server: TestServer;
let releases: TwoReleases;
beforeAll(async () => {
  server = await testServer();
  releases = new TwoReleases(server);
});
afterAll(() => server?.close());

describe("the contract", () => {
  const contract = () =>
    migrate({
      connectionString: server.databaseUrl,
      directory: appMigrationsDirectory,
      component: "app",
      version: "0.2.0",
      phase: "contract",
    });

  test("stops before anything is lost when a component was left behind", async () => {
    const [identityId = 0] = await releases.newIdentities(1);
    const project = await releases.newProject();
    await releases.write("0.1.0", "insert", project, [{ identityId, license: "left behind" }]);
    await expect(contract()).rejects.toThrow("component_license_known");
    expect(await releases.readBy010(project)).toEqual([["left behind", null, null]]);
  });

  test("leaves components that are read, written and removed as before, without the texts, once the guide's cure was applied", async () => {
    const [, cure = ""] = /```sql\n(.*?)```/s.exec(readFileSync(GUIDE, "utf8")) ?? [];
    for (const statement of cure.split(";\n").filter((text) => text !== "")) await releases.rows(statement);
    expect(await releases.shapesThatDiffer()).toBe(0);
    const [a = 0, b = 0] = await releases.newIdentities(2);
    const project = await releases.newProject();
    await releases.write("0.2.0", "insert", project, [
      { identityId: a, license: "MIT", licenseUrl: "https://x.example" },
    ]);
    await contract();
    await releases.write("0.2.0", "insert", project, [{ identityId: b, licenseExpression: "MIT OR ISC" }]);
    await releases.write("0.2.0", "update", project, [{ identityId: a, license: "ISC" }]);
    const read = await releases.readBy020(project, { column: "license" });
    expect(read).toEqual([
      ["ISC", null, null],
      [null, "MIT OR ISC", null],
    ]);
    const columns = await releases.rows<{ name: string }>(
      "select column_name as name from information_schema.columns where table_name = 'component'",
      [],
    );
    const names = columns.map(({ name }) => name).filter((name) => name.startsWith("license"));
    expect(names).toEqual(["license_id"]);
    await expect(releases.rows("delete from component_license where name = 'ISC'", [])).rejects.toThrow("foreign key");
  });
});

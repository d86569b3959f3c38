import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { GATES, Gates } from "../../upgrades/index.ts";
import { LICENSE_REMOVAL_GATE } from "../index.ts";
import { TwoReleases } from "../testing/two-releases.ts";
import { ensureLicenses } from "./ensure-licenses.ts";
import { removeOrphanedLicenses } from "./remove-orphans.ts";

let server: TestServer;
let releases: TwoReleases;
beforeAll(async () => {
  server = await testServer();
  releases = new TwoReleases(server);
});
afterAll(() => server?.close());

describe("licence statements", () => {
  test("are removed behind a gate that is declared", () => {
    expect(new Gates(GATES).isOpen(LICENSE_REMOVAL_GATE)).toBe(false);
  });

  const stored = async (name: string) =>
    (await releases.rows("select id from component_license where name = $1", [name])).length > 0;
  const age = () =>
    releases.rows(
      "update component_license set orphaned_since = now() - interval '8 days' where orphaned_since is not null",
      [],
    );

  test("no component has are removed after a week; the one that says nothing and those in use stay", async () => {
    const [identityId = 0] = await releases.newIdentities(1);
    const [used, unused] = [crypto.randomUUID(), crypto.randomUUID()];
    await releases.write("0.2.0", "insert", await releases.newProject(), [{ identityId, license: used }]);
    await ensureLicenses(server.database, [{ license: unused }]);
    await removeOrphanedLicenses(server.database);
    expect(await stored(unused)).toBe(true);
    await age();
    await removeOrphanedLicenses(server.database);
    expect([await stored(used), await stored(unused)]).toEqual([true, false]);
    expect(await releases.rows("select id from component_license where id = 0", [])).toHaveLength(1);
  });

  test("an import is about to use are kept", async () => {
    const license = crypto.randomUUID();
    await ensureLicenses(server.database, [{ license }]);
    await removeOrphanedLicenses(server.database);
    await age();
    const ids = await ensureLicenses(server.database, [{ license }]);
    await removeOrphanedLicenses(server.database);
    expect(await ensureLicenses(server.database, [{ license }])).toEqual(ids);
  });
});

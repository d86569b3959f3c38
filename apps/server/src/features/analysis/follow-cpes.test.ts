import { until } from "@evertrack/engine/testing";
import { readNvdRecord } from "@evertrack/matching";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Seed } from "../../testing/seed.ts";
import { type TestServer, testServer } from "../../testing/test-server.ts";
import { storeNvdRecords } from "../vulnerabilities/commands/store-nvd-records.ts";
import { before, configuration, cve } from "../vulnerabilities/testing-nvd.ts";

const SOON_MS = 30_000;

let server: TestServer;
let seed: Seed;
beforeAll(async () => {
  server = await testServer({ working: true });
  seed = new Seed(server.database.executor);
});
afterAll(() => server?.close());

async function component(product: string, version: string): Promise<number> {
  const identityId = await seed.identity(null, { name: product, version });
  await seed.rows("update component_identity set cpe = $2 where id = $1", [
    identityId,
    `cpe:/a:acme:${product}:${version}`,
  ]);
  await seed.component((await seed.project()).id, identityId);
  return identityId;
}

/** What a mirror does with one record. */
async function mirror(id: string, members: Record<string, unknown>): Promise<void> {
  const read = { record: readNvdRecord(cve(id, members)), digest: crypto.randomUUID().replaceAll("-", "") };
  await server.database.transaction((tx) => storeNvdRecords(tx, crypto.randomUUID(), [read]));
}

const matched = (identityId: number, ids: string[]) =>
  until(
    `identity ${identityId} is affected by ${ids}`,
    async () => {
      const rows = await seed.rows<{ id: string }>(
        `select v.vuln_id as id from vulnerability_match m join vulnerability v on v.id = m.vulnerability_id
         where identity_id = $1 order by 1`,
        [identityId],
      );
      return String(rows.map(({ id }) => id)) === String(ids);
    },
    SOON_MS,
  );

test("findings by CPE follow what NVD tells: new, narrowed, moved, rejected; other identities are not touched", async () => {
  const [old, recent, other, bystander] = [
    await component("followed", "1.0"),
    await component("followed", "1.9"),
    await component("other", "1.0"),
    await component("bystander", "1.0"),
  ];
  const id = "CVE-2026-0001";
  await mirror(id, { configurations: [configuration([before("2.0", "followed")])] });
  await matched(old, [id]);
  await matched(recent, [id]);
  await mirror(id, { configurations: [configuration([before("1.5", "followed")])] });
  await matched(recent, []);
  await matched(old, [id]);
  await mirror(id, { configurations: [configuration([before("2.0", "other")])] });
  await matched(old, []);
  await matched(other, [id]);
  const metrics = { cvssMetricV31: [{ source: "nvd@nist.gov", cvssData: { baseScore: 9.8 } }] };
  await mirror(id, { configurations: [configuration([before("2.0", "other")])], metrics });
  await until(
    "what lists sort by follows",
    async () =>
      (await seed.rows("select 1 from vulnerability_match where identity_id = $1 and severity = 5", [other])).length,
    SOON_MS,
  );
  await mirror(id, { vulnStatus: "Rejected", configurations: [] });
  await matched(other, []);
  expect(await seed.rows("select 1 from identity_match_state where identity_id = $1", [bystander])).toEqual([]);
  const runs = await seed.rows<{ status: string }>(
    "select distinct status from wf_run where name = 'match-advisories'",
  );
  expect(runs.map(({ status }) => status)).not.toContain("FAILED");
});

import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Cluster } from "../harness/cluster.ts";
import { manyComponents, sampleBom } from "../harness/sample-bom.ts";
import { until } from "../harness/until.ts";

const SHORT_LEASE = {
  DT_DEX_ENGINE_ACTIVITY_LOCK_TIMEOUT_MS: "3000",
  DT_DEX_ENGINE_LEADER_ELECTION_LEASE_DURATION_MS: "3000",
  DT_DEX_ENGINE_LEADER_ELECTION_LEASE_CHECK_INTERVAL_MS: "500",
};
const POISON_COMPONENTS = 20_000;
const OTHER_UPLOADS = 10;

/**
 * The BOM stands for one that takes its process down: whichever process starts importing it is killed at that moment,
 * again and again, as its code would have been.
 */
describe("a BOM that kills its worker process", () => {
  let cluster: Cluster;
  let database: pg.Client;
  let watching = true;

  beforeAll(async () => {
    cluster = await Cluster.start({ instances: 2, environment: SHORT_LEASE });
    database = new pg.Client({ connectionString: cluster.databaseUrl });
    await database.connect();
  }, 180_000);
  afterAll(async () => {
    watching = false;
    await database?.end();
    await cluster?.close();
  });

  test("its run ends FAILED with the reason, other uploads go on", { timeout: 600_000 }, async () => {
    const poison = await cluster.admin.upload(sampleBom(manyComponents("poison", POISON_COMPONENTS)), {
      name: "poison",
      version: "1",
    });
    const killer = killWhoeverImports(poison.projectUuid);
    const others: string[] = [];
    const failed = await until("the poisonous import is given up", 240_000, async () => {
      await livingClient();
      if (others.length < OTHER_UPLOADS) others.push((await uploadSomewhere(others.length)) ?? "");
      const { rows } = await database.query("select outcome, failure_reason from bom_upload where token = $1", [
        poison.token,
      ]);
      return rows[0]?.outcome === null ? undefined : (rows[0] as { outcome: string; failure_reason: string });
    });
    expect(failed.outcome).toBe("FAILED");
    watching = false;
    expect(await killer).toBeGreaterThanOrEqual(3);
    expect(failed.failure_reason).toMatch(/crashed its worker/);
    const api = await livingClient();
    for (const token of others.filter((entry) => entry !== "")) await api.processed(token, 120_000);
    await api.processed(poison.token);
    expect(others.filter((entry) => entry !== "").length).toBeGreaterThan(0);
  });

  async function livingClient() {
    while (cluster.instances.filter(({ running }) => running).length < 2) await cluster.addInstance();
    return cluster.clientOf(cluster.first);
  }

  async function uploadSomewhere(index: number): Promise<string | undefined> {
    const api = await livingClient();
    const bom = sampleBom(manyComponents(`healthy${index}`, 20));
    return api.upload(bom, { name: `healthy-${index}`, version: "1" }).then(
      ({ token }) => token,
      () => undefined,
    );
  }

  /** Returns how often a process was killed. */
  async function killWhoeverImports(projectUuid: string): Promise<number> {
    let kills = 0;
    while (watching) {
      const { rows } = await database.query<{ locked_by: string }>(
        `select a.locked_by from wf_run a join wf_run root on root.id = a.root_id
          where a.kind = 'activity' and a.name = 'import-bom' and a.status = 'RUNNING' and root.labels->>'project' = $1`,
        [projectUuid],
      );
      for (const { locked_by } of rows) {
        const holder = cluster.instances.find(({ instanceId, running }) => running && locked_by.startsWith(instanceId));
        if (holder === undefined) continue;
        await holder.kill();
        kills++;
      }
      await delay(10);
    }
    return kills;
  }
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ApiClient } from "../harness/api-client.ts";
import { Cluster } from "../harness/cluster.ts";
import { manyComponents, sampleBom } from "../harness/sample-bom.ts";

const UPLOADS = 50;
const COMPONENTS = 200;
const KILL_AFTER = 20;
/** A lease of 5 s lets the survivor take over within the test's time; the default is 30 s. */
const SHORT_LEASE = {
  DT_DEX_ENGINE_ACTIVITY_LOCK_TIMEOUT_MS: "5000",
  DT_DEX_ENGINE_LEADER_ELECTION_LEASE_DURATION_MS: "4000",
  DT_DEX_ENGINE_LEADER_ELECTION_LEASE_CHECK_INTERVAL_MS: "1000",
};

interface Upload {
  index: number;
  token: string;
  projectUuid: string;
}

describe("two instances, one killed in the middle of uploads", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start({ instances: 2, environment: SHORT_LEASE });
  }, 180_000);
  afterAll(() => cluster?.close());

  test(`every one of ${UPLOADS} tokens ends, inventories are complete, nothing is doubled`, {
    timeout: 600_000,
  }, async () => {
    const [survivor, victim] = cluster.instances;
    if (survivor === undefined || victim === undefined) throw new Error("two instances were asked for");
    const apiKey = cluster.admin;
    const uploads: Upload[] = [];
    for (let index = 0; index < UPLOADS; index++) {
      if (index === KILL_AFTER) await victim.kill();
      const bom = sampleBom(manyComponents(`p${index}`, COMPONENTS));
      uploads.push({ index, ...(await apiKey.upload(bom, { name: `project-${index}`, version: "1" })) });
    }
    expect(victim.running).toBe(false);
    for (const { token } of uploads) await apiKey.processed(token, 120_000);
    for (const { index, projectUuid } of uploads) await expectComplete(apiKey, index, projectUuid);
    const projects = await apiKey.listAll<{ name: string }>("/api/v1/project");
    expect(new Set(projects.map(({ name }) => name)).size).toBe(UPLOADS);
    expect(projects).toHaveLength(UPLOADS);
  });

  async function expectComplete(api: ApiClient, index: number, projectUuid: string) {
    const components = await api.listAll<{ name: string }>(`/api/v1/component/project/${projectUuid}`);
    const names = components.map(({ name }) => name).sort();
    expect(names).toEqual(
      manyComponents(`p${index}`, COMPONENTS)
        .map(({ name }) => name)
        .sort(),
    );
  }
});

import { setTimeout as delay } from "node:timers/promises";
import { seededRandom, until } from "@evertrack/engine/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Seed } from "../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { identitiesOfPackages, identitiesOfProject } from "../store/matching.ts";
import { MATCH_BATCH_SIZE, matchIdentities } from "./match-identities.ts";
import { verifyMatches } from "./verify-matches.ts";

let server: TestServer;
let seed: Seed;
beforeAll(async () => {
  server = await testServer({ properties: { "dt.datasource.pool.max-size": "20" } });
  seed = new Seed(server.database.executor);
});
afterAll(() => server?.close());

const match = (identityIds: readonly number[]) => server.database.transaction((tx) => matchIdentities(tx, identityIds));

async function waitingForLocks(count: number): Promise<void> {
  await until(`${count} statements wait for a lock`, async () => {
    const waiting = await seed.rows(
      "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    return waiting.length >= count;
  });
}

test("who waited for another's matching of an identity reads the advisories that were committed meanwhile", async () => {
  const identityId = await seed.identity("pkg:npm/waiting@1.0.0");
  const advisory = { packageKey: "npm/waiting", ranges: [{ introduced: "0" }] };
  const old = await seed.advisory({ ...advisory, id: "W-old" });
  let late: ReturnType<typeof match> | undefined;
  let young = 0;
  await server.database.transaction(async (tx) => {
    await matchIdentities(tx, [identityId]);
    late = match([identityId]);
    await waitingForLocks(1);
    young = await seed.advisory({ ...advisory, id: "W-young" });
    await seed.advisory({ ...advisory, id: "W-old", rejected: true });
  });
  expect(await late).toEqual({
    added: [{ vulnerabilityId: young, identityId }],
    removed: [{ vulnerabilityId: old, identityId }],
  });
});

test("batches that overlap in any order neither deadlock nor differ", async () => {
  const identityIds: number[] = [];
  for (let index = 0; index < 200; index++)
    identityIds.push(await seed.identity(`pkg:npm/overlap-${index % 20}@1.${index}`));
  for (let index = 0; index < 20; index++)
    await seed.advisory({ id: `O-${index}`, packageKey: `npm/overlap-${index}`, ranges: [{ introduced: "0" }] });
  const retriesBefore = await deadlocks();
  await Promise.all(
    [0, 40, 80, 20, 60].map((from, i) => match(i % 2 === 0 ? identityIds.slice(from) : identityIds.toReversed())),
  );
  expect((await verifyMatches(server.database)).differences).toEqual([]);
  expect(await deadlocks()).toBe(retriesBefore);
});

async function deadlocks(): Promise<number> {
  const [row] = await seed.rows<{ deadlocks: number }>(
    "select deadlocks from pg_stat_database where datname = current_database()",
  );
  return row?.deadlocks ?? -1;
}

const PACKAGES = 5;
const ROUNDS = 30;

/** What a mirror and its follower do: change advisories, and after the commit match the identities of their packages. */
async function changeAdvisories(random: () => number): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const packageKey = `npm/storm-${Math.floor(random() * PACKAGES)}`;
    const introduced = String(Math.floor(random() * 10));
    await seedAdvisory(`S-${packageKey}-${Math.floor(random() * 3)}`, packageKey, introduced, random() < 0.3);
    const page = { packageKeys: [packageKey], afterId: 0, limit: MATCH_BATCH_SIZE };
    await matchSlowly(await identitiesOfPackages(server.database.db, page), random);
  }
}

/** In one transaction, as mirrors do: a reader must never see an advisory without what it affects. */
function seedAdvisory(id: string, packageKey: string, introduced: string, rejected: boolean): Promise<unknown> {
  return seed.rows(
    `with v as (
       insert into vulnerability (source, vuln_id, severity, published, rejected) values ('OSV', $1, 4, now(), case when $4 then now() end)
       on conflict (vuln_id, source) do update set severity = 1 + (vulnerability.severity + 1) % 5, rejected = excluded.rejected
       returning id)
     insert into vulnerability_affected (vulnerability_id, ordinal, package_key, scheme, ecosystem, affected)
     select id, 0, $2, 'npm', 'npm', jsonb_build_object('versions', '[]'::jsonb, 'patched', '[]'::jsonb, 'ranges',
       jsonb_build_array(jsonb_build_object('kind', 'SEMVER', 'introduced', $3::text || '.0.0'))) from v
     on conflict (vulnerability_id, ordinal) do update set affected = excluded.affected`,
    [id, packageKey, introduced, rejected],
  );
}

/** What an import and its analysis do: new identities, committed, then those of the project that were never matched. */
async function importProjects(random: () => number): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const { id: projectId } = await seed.project();
    for (let count = 0; count < 3; count++) {
      const version = `${Math.floor(random() * 10)}.0.${Math.floor(random() * 1_000_000)}`;
      const identityId = await seed.identity(`pkg:npm/storm-${Math.floor(random() * PACKAGES)}@${version}`);
      await seed.component(projectId, identityId);
    }
    const page = { projectId, afterId: 0, unmatchedOnly: true, limit: MATCH_BATCH_SIZE };
    await matchSlowly(await identitiesOfProject(server.database.db, page), random);
  }
}

/** Holds the locks for a moment, so that the others come in between. */
function matchSlowly(identityIds: readonly number[], random: () => number): Promise<unknown> {
  return server.database.transaction(async (tx) => {
    const changes = await matchIdentities(tx, identityIds);
    await delay(random() * 3);
    return changes;
  });
}

test("imports, changed advisories and withdrawals at once end where matching from scratch would", async () => {
  const random = seededRandom();
  const workers = [
    changeAdvisories,
    importProjects,
    changeAdvisories,
    importProjects,
    changeAdvisories,
    changeAdvisories,
  ];
  await Promise.all(workers.map((work) => work(random)));
  const { differences, identities, matches } = await verifyMatches(server.database);
  expect(differences).toEqual([]);
  expect([identities >= 2 * ROUNDS * 3, matches > 0]).toEqual([true, true]);
});

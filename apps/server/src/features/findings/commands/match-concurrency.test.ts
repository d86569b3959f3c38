import { setTimeout as delay } from "node:timers/promises";
import { seededRandom, until } from "@evertrack/engine/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Seed } from "../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { identitiesNamed, identitiesOfProject } from "../store/matching.ts";
import { MATCH_BATCH_SIZE, matchIdentities } from "./match-identities.ts";
import { verifyMatches } from "./verify-matches.ts";

let server: TestServer;
let seed: Seed;
beforeAll(async () => {
  server = await testServer({ properties: { "dt.datasource.pool.max-size": "24" } });
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

const BURSTS = 60;
const BURSTS_AT_ONCE = 3;
const ADVISORIES_PER_PACKAGE = 3;
const HELD_MAX_MS = 6;

/**
 * Imports, changes and withdrawals of one package at the same moment. Nothing comes after them that would heal what they
 * leave behind, so each burst is a chance to see one actor undo another.
 */
async function burst(packageName: string, random: () => number): Promise<void> {
  await changeAdvisory(packageName, random);
  await importProject(packageName, random);
  const actors = [changeAdvisory, importProject, changeAdvisory, changeAdvisory, importProject, changeAdvisory];
  await Promise.all(
    actors.map(async (act) => {
      await delay(random() * HELD_MAX_MS);
      await act(packageName, random);
    }),
  );
}

/** What a mirror and its follower do: one transaction for the advisory; after its commit match the package's identities. */
async function changeAdvisory(packageName: string, random: () => number): Promise<void> {
  const packageKey = `npm/${packageName}`;
  const id = `${packageName}-${Math.floor(random() * ADVISORIES_PER_PACKAGE)}`;
  await storeAdvisory({ id, packageKey, introduced: Math.floor(random() * 10), rejected: random() < 0.3 });
  const page = { packageKeys: [packageKey], cpeProducts: [], afterId: 0, limit: MATCH_BATCH_SIZE };
  await matchSlowly(await identitiesNamed(server.database.db, page), random);
}

/** What an import and its analysis do: identities, committed, then those of the project that were never matched. */
async function importProject(packageName: string, random: () => number): Promise<void> {
  const { id: projectId } = await seed.project();
  for (let count = 0; count < 2; count++) {
    const version = `${Math.floor(random() * 10)}.0.${Math.floor(random() * 1_000_000)}`;
    await seed.component(projectId, await seed.identity(`pkg:npm/${packageName}@${version}`));
  }
  const page = { projectId, afterId: 0, unmatchedOnly: true, limit: MATCH_BATCH_SIZE };
  await matchSlowly(await identitiesOfProject(server.database.db, page), random);
}

interface StoredAdvisory {
  id: string;
  packageKey: string;
  introduced: number;
  rejected: boolean;
}

/** One statement, as mirrors use one transaction: nobody sees an advisory without what it affects. */
function storeAdvisory({ id, packageKey, introduced, rejected }: StoredAdvisory): Promise<unknown> {
  return seed.rows(
    `with v as (
       insert into vulnerability (source, vuln_id, severity, published, rejected)
       values ('OSV', $1, 4, now(), case when $4 then now() end)
       on conflict (vuln_id, source) do update
         set severity = 1 + (vulnerability.severity + 1) % 5, rejected = excluded.rejected
       returning id)
     insert into vulnerability_affected (vulnerability_id, ordinal, package_key, scheme, ecosystem, affected)
     select id, 0, $2, 'npm', 'npm', jsonb_build_object('versions', '[]'::jsonb, 'patched', '[]'::jsonb, 'ranges',
       jsonb_build_array(jsonb_build_object('kind', 'SEMVER', 'introduced', $3::text || '.0.0'))) from v
     on conflict (vulnerability_id, ordinal) do update set affected = excluded.affected`,
    [id, packageKey, String(introduced), rejected],
  );
}

/** Holds the locks for a moment, so that the others come in between. */
function matchSlowly(identityIds: readonly number[], random: () => number): Promise<unknown> {
  return server.database.transaction(async (tx) => {
    const changes = await matchIdentities(tx, identityIds);
    await delay(random() * HELD_MAX_MS);
    return changes;
  });
}

test("imports, changed advisories and withdrawals at once end where matching from scratch would", async () => {
  const random = seededRandom();
  const names = Array.from({ length: BURSTS }, (_, index) => `storm-${index}`);
  const next = names.values();
  const lanes = Array.from({ length: BURSTS_AT_ONCE }, async () => {
    for (const name of next) await burst(name, random);
  });
  await Promise.all(lanes);
  const { differences, identities, matches } = await verifyMatches(server.database);
  expect(differences).toEqual([]);
  expect([identities >= BURSTS * 6, matches > 0]).toEqual([true, true]);
});

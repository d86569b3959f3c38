import { pgBouncerMissing } from "@evertrack/embedded-postgres/testing";
import { afterEach, describe, expect, test } from "vitest";
import { Fleet, type Place } from "../harness/fleet.ts";
import { haProxyMissing, startHaProxy } from "../harness/front-door/haproxy.ts";
import { nginxMissing, startNginx } from "../harness/front-door/nginx.ts";
import { manyComponents, sampleBom } from "../harness/sample-bom.ts";
import { inScope } from "../harness/scope.ts";
import { SteadyLoad } from "../harness/steady-load.ts";
import { until } from "../harness/until.ts";

/** Longer than the front doors need to notice, as in production. */
const ENVIRONMENT = {
  DT_SHUTDOWN_DRAIN_DELAY_MS: "2500",
  DT_SHUTDOWN_WORK_GRACE_MS: "100",
  DT_DEX_ENGINE_LEADER_ELECTION_LEASE_CHECK_INTERVAL_MS: "1000",
  // The other worker has a place free for what is handed back.
  DT_DEX_ENGINE_ACTIVITY_WORKER_ARTIFACT_IMPORT_MAX_CONCURRENCY: "20",
};
/** Drain delay, both grace periods of this test, and slack for a busy machine. */
const EXIT_MAX_MS = 50_000;
/** Between the hand-back of a run and its next attempt, for most of them: far from a lease, also on a busy machine. */
const CONTINUED_WITHIN_MS = 10_000;
/** Of a lease nobody gave back. */
const LEASE_MS = 30_000;
const BIG_BOM = sampleBom(manyComponents("handed-back", 2_000));
const BIG_UPLOADS = 4;
const user = { username: "roller", password: "a long enough password" };

const doors = [
  { name: "HAProxy", start: startHaProxy, why: pgBouncerMissing ?? haProxyMissing },
  { name: "nginx", start: startNginx, why: pgBouncerMissing ?? nginxMissing },
];

let fleet: Fleet | undefined;
afterEach(async () => {
  await fleet?.close();
  fleet = undefined;
});

describe.each(inScope(doors, ({ name }) => name === "HAProxy"))(
  "behind $name and PgBouncer",
  ({ name, start, why }) => {
    test.skipIf(why)(
      `every instance replaced in turn under load: no request fails, work goes on elsewhere at once (${why ?? "all present"})`,
      { timeout: 600_000 },
      async () => {
        const running = await Fleet.start({
          webs: 2,
          workers: 2,
          pooled: true,
          frontDoor: start,
          environment: ENVIRONMENT,
        });
        fleet = running;
        await createUser(running);
        const load = new SteadyLoad({ url: running.url, headers: running.admin.headers, user, prefix: name });
        await load.more(5);
        const exits: Record<string, number> = {};
        for (const place of running.places) {
          const big = running.workers.includes(place) ? await busy(running, place) : [];
          exits[place.name] = await replace(running, place);
          load.tokens.push(...big);
          await load.more(3);
        }
        await load.end();
        const { answered, failures, tokens } = load;
        for (const token of tokens) await running.admin.processed(token, 120_000);
        const handedBack = await handBacks(running);
        console.info(
          `${name}: ${JSON.stringify(answered)} answered, ${failures.length} failed; ${tokens.length} uploads processed; ` +
            `${handedBack.length} hand-backs, continued after ${handedBack.map(({ afterMs }) => afterMs).join(", ")} ms; ` +
            `exit after ${JSON.stringify(exits)} ms`,
        );
        expect(failures).toEqual([]);
        expect(handedBack.length, "a worker was stopped in the middle of an import").toBeGreaterThan(0);
        for (const { from, to, afterMs } of handedBack) {
          expect(to).not.toBe(from);
          expect(afterMs).toBeLessThan(LEASE_MS);
        }
        const waits = handedBack.map(({ afterMs }) => afterMs).sort((a, b) => a - b);
        expect(waits[Math.floor((waits.length - 1) / 2)]).toBeLessThan(CONTINUED_WITHIN_MS);
        const takenOver = await running.rows("select run_id from wf_attempt where outcome = 'LEASE_EXPIRED'");
        expect(takenOver, "nobody had to wait for a lease to end").toEqual([]);
        const members = await running.rows("select state from cluster_instance where gone_at is null");
        expect(members, "who stopped has left the registry").toHaveLength(running.places.length);
      },
    );
  },
);

async function createUser({ admin }: Fleet): Promise<void> {
  const { username, password } = user;
  const account = { username, fullname: "R", email: "r@example.org", newPassword: password, confirmPassword: password };
  await admin.expect("PUT", "/api/v1/user/managed", { ...account, forcePasswordChange: false });
}

/** Uploads that keep the worker at it; resolves when it has claimed an import of one. */
async function busy(running: Fleet, place: Place): Promise<string[]> {
  const tokens: string[] = [];
  for (let count = 0; count < BIG_UPLOADS; count++)
    tokens.push((await running.admin.upload(BIG_BOM, { name: `big-${place.name}-${count}`, version: "1" })).token);
  await until("the worker imports", 180_000, async () => {
    const claimed = await running.rows(
      "select 1 from wf_run where status = 'RUNNING' and kind = 'activity' and queue = 'artifact-imports' and locked_by = $1",
      [place.server.instanceId],
    );
    return claimed.length > 0;
  });
  return tokens;
}

/** SIGTERM, another process at the same address; how long the old one took. */
async function replace(running: Fleet, place: Place): Promise<number> {
  const { instanceId } = place.server;
  const wasLeader = (await leader(running)) === instanceId;
  const begunMs = performance.now();
  expect(await place.server.stop()).toBe(0);
  const tookMs = Math.round(performance.now() - begunMs);
  expect(tookMs).toBeLessThan(EXIT_MAX_MS);
  if (wasLeader) expect(await leader(running), "it has given its lease back").not.toBe(instanceId);
  expect(await running.rows("select id from cluster_instance where id = $1 and gone_at is null", [instanceId])).toEqual(
    [],
  );
  await running.startAt(place);
  return tookMs;
}

async function leader(running: Fleet): Promise<string | undefined> {
  const [row] = await running.rows<{ holder: string }>("select holder from wf_lease where name = 'leader'");
  return row?.holder;
}

/** Hand-backs of activities, with who went on and how much later. */
function handBacks(running: Fleet) {
  return running.rows<{ from: string; to: string; afterMs: number }>(
    `select a.instance_id as from, coalesce(n.instance_id, r.locked_by) as to,
       (extract(epoch from coalesce(n.started_at, r.claimed_at) - a.finished_at) * 1000)::int as "afterMs"
     from wf_attempt a join wf_run r on r.id = a.run_id
     left join lateral (select instance_id, started_at from wf_attempt where run_id = a.run_id and fence > a.fence
       order by fence limit 1) n on true
     where a.outcome = 'HANDED_BACK' and r.kind = 'activity'`,
  );
}

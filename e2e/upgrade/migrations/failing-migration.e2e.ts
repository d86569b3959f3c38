import { pgBouncerMissing } from "@evertrack/embedded-postgres/testing";
import { afterEach, expect, test } from "vitest";
import { type AddedMigration, type Build, buildOf } from "../../harness/derived-build.ts";
import { Fleet } from "../../harness/fleet.ts";
import { nextVersion, WORK_TREE, workTreeVersion } from "../../harness/releases.ts";
import { runServer } from "../../harness/server-run.ts";
import { SteadyLoad } from "../../harness/steady-load.ts";

const VERSION = nextVersion(workTreeVersion());
const FIRST = "209901010000__add_probe";
const SECOND = "209901010001__fill_probe";
const THIRD = "209901010002__index_probe";
const BROKEN = "-- phase: expand\ncreate table probe_half (id int);\ninsert into probe\n  select 1 / 0;\n";
const CORRECTED = "-- phase: expand\ncreate table probe_half (id int);\ninsert into probe values (1);\n";
const ONE_SHOT = { DT_INIT_TASKS_EXIT_AFTER_COMPLETION: "true" };

let fleet: Fleet | undefined;
afterEach(async () => {
  await fleet?.close();
  fleet = undefined;
});

/** The next release, whose second migration is this one. */
function release(second: string): Promise<Build> {
  const files = {
    [FIRST]: "-- phase: expand\ncreate table probe (id int primary key);\n",
    [SECOND]: second,
    [THIRD]: "-- phase: expand\ncreate index concurrently if not exists probe_id on probe (id);\n",
  };
  const addMigrations: AddedMigration[] = Object.entries(files).map(([id, sql]) => ({ name: `${id}.sql`, sql }));
  return buildOf(WORK_TREE, { version: VERSION, addMigrations });
}

test.skipIf(pgBouncerMissing)(
  `a migration that fails says where and what to do; the old cluster serves on, a corrected build continues there (${pgBouncerMissing ?? "all present"})`,
  { timeout: 600_000 },
  async () => {
    const running = await Fleet.start({ webs: 0, workers: 2, pooled: true });
    fleet = running;
    const oneShot = (build: Build, ...word: string[]) =>
      runServer({
        databaseUrl: running.databaseUrl,
        dataDirectory: running.directory,
        build,
        ...(word.length > 0 ? { word } : { environment: ONE_SHOT }),
      });
    const user = { username: "nobody", password: "nobody" };
    const kinds = ["read", "read", "post", "put"] as const;
    const load = new SteadyLoad({ url: running.url, headers: running.admin.headers, user, kinds, prefix: "probe" });
    await load.more(3);

    const broken = await release(BROKEN);
    const failed = await oneShot(broken);
    expect(failed.status).toBe(1);
    const [told] = failed.output.split("\n").filter((line) => line.includes("init task failed"));
    expect(JSON.parse(told ?? "{}")).toMatchObject({
      code: "statement-failed",
      file: `${SECOND}.sql`,
      line: 3,
      statement: "insert into probe\n  select 1 / 0",
      reason: `${SECOND}.sql, line 3: division by zero`,
      cure: expect.stringMatching(/Instances that run serve on.*run again/),
    });
    const left = await oneShot(broken, "migrate", "--status", "--json");
    expect(left.output).toContain(`"pending":[{"id":"${SECOND}"`);
    expect(
      await running.rows("select to_regclass('probe') is not null as first, to_regclass('probe_half') as half"),
    ).toEqual([{ first: true, half: null }]);
    await load.more(5);

    const corrected = await oneShot(await release(CORRECTED));
    expect(corrected, corrected.output).toMatchObject({ status: 0 });
    expect(corrected.output).not.toContain(`applied app ${FIRST}`);
    expect(await running.rows("select id from probe")).toEqual([{ id: 1 }]);
    await load.more(5);
    await load.end();
    for (const token of load.tokens) await running.admin.processed(token, 120_000);
    console.info(
      `${JSON.stringify(load.answered)} answered, ${load.failures.length} failed; ${load.tokens.length} uploads processed`,
    );
    expect(load.failures).toEqual([]);
    expect(running.places.every(({ server }) => server.running)).toBe(true);
  },
);

import { afterEach, beforeAll, expect, test } from "vitest";
import { type Build, buildOf } from "../harness/derived-build.ts";
import { Fleet } from "../harness/fleet.ts";
import { nextVersion, WORK_TREE } from "../harness/releases.ts";
import { runServer } from "../harness/server-run.ts";

/** Harmless, and one that breaks what runs. */
const ADDITIVE = {
  name: "209901010000__probe.sql",
  sql: "-- phase: expand\n-- Owner: features/cluster\ncreate table probe (id int);\n",
};
const BREAKING = {
  name: "209901010001__drop_column.sql",
  sql: "-- phase: expand\nalter table project drop column description;\n",
};

/** As `--json` prints it. */
interface Check {
  verdict: number;
  stage: string;
  from: string;
  to: string;
  reasons: { code: string; cure: string; docs: string }[];
}

let [before, after, broken]: (Build | undefined)[] = [];
beforeAll(async () => {
  before = await buildOf(WORK_TREE);
  const version = nextVersion(before.version);
  after = await buildOf(WORK_TREE, { version, addMigrations: [ADDITIVE] });
  broken = await buildOf(WORK_TREE, { version, addMigrations: [BREAKING] });
});

let fleet: Fleet | undefined;
afterEach(async () => {
  await fleet?.close();
  fleet = undefined;
});

test("check walks an upgrade with its operator: no backup, possible, under way, not finalized, nothing to do; plan names who is to be replaced", async () => {
  const [old, next, bad] = [present(before), present(after), present(broken)];
  fleet = await Fleet.start({ webs: 2, workers: 1, builds: { webs: old, workers: old } });

  expect(await check(fleet, next)).toMatchObject({
    verdict: 5,
    from: old.version,
    to: next.version,
    codes: ["backup-missing"],
  });
  await word(fleet, next, ["backup", "confirm", "--location", "elsewhere"], 0);
  expect(await check(fleet, next)).toMatchObject({ verdict: 0, stage: "forward", codes: [] });
  expect(await check(fleet, bad)).toMatchObject({ verdict: 3, codes: ["breaking-statement"] });
  const plan = await word(fleet, next, ["upgrade", "plan"], 0);
  const instances = await fleet.rows<{ id: string }>("select id from cluster_instance where state <> 'gone'");
  for (const { id } of instances) expect(plan).toContain(id);

  await word(fleet, next, [], 0, { DT_INIT_TASKS_EXIT_AFTER_COMPLETION: "true" });
  await fleet.moveTo(next);
  expect(await check(fleet, next)).toMatchObject({ verdict: 0, stage: "under-way", codes: [] });
  expect(await check(fleet, old)).toMatchObject({ verdict: 0, stage: "back" });
  expect(await word(fleet, next, ["upgrade", "status"], 0)).toContain(`on the way to ${next.version}`);

  await word(fleet, next, ["upgrade", "finalize"], 0);
  expect(await check(fleet, next)).toMatchObject({ verdict: 0, stage: "current", codes: [] });
  expect(await check(fleet, old)).toMatchObject({ verdict: 3, stage: "back", codes: ["downgrade"] });
});

test("wrong use and a database that does not answer are told within seconds, with exit status 2", async () => {
  fleet = await Fleet.start({ webs: 1, workers: 0 });
  await word(fleet, present(before), ["upgrade", "check", "--speed"], 2);
  await word(fleet, present(before), ["upgrade"], 2);
  await word(fleet, present(before), ["upgrade", "check"], 2, {
    DT_DATASOURCE_URL: "postgres://nobody@127.0.0.1:1/none",
  });
});

async function check(running: Fleet, build: Build): Promise<Check & { codes: string[] }> {
  const { output } = await run(running, build, ["upgrade", "check", "--json"], {});
  const found = JSON.parse(output.split("\n").find((line) => line.startsWith('{"verdict"')) ?? output) as Check;
  return { ...found, codes: found.reasons.map(({ code }) => code) };
}

async function word(
  running: Fleet,
  build: Build,
  words: string[],
  expected: number,
  environment = {},
): Promise<string> {
  const { status, output } = await run(running, build, words, environment);
  expect(status, output).toBe(expected);
  return output;
}

function run(running: Fleet, build: Build, words: string[], environment: Record<string, string>) {
  return runServer({
    databaseUrl: running.databaseUrl,
    dataDirectory: running.directory,
    build,
    environment,
    ...(words.length === 0 ? {} : { word: words }),
  });
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the builds were not made");
  return value;
}

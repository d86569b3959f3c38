import { afterAll, beforeAll, expect, test } from "vitest";
import { activityRef, defineActivity, defineWorkflow } from "../authoring/index.ts";
import type { SqlExecutor } from "../store/database.ts";
import { engineTestDatabase, startTestEngine, type TestEngine, until } from "../testing/index.ts";

const racer = activityRef<string, string>("racer", { queue: "default", retry: { attemptsMax: 1 } });
const finished = new Set<string>();
const choices: string[] = [];

const race = defineWorkflow({
  name: "race",
  input: (raw) => raw as string[],
  async run(ctx, names) {
    const handles = names.map((name) => ctx.startActivity(racer, name, { key: name }));
    const first = await ctx.firstOf("race", handles);
    const winner = await first.result().catch((error: Error) => error.message);
    choices.push(winner);
    await ctx.waitSignal("replay");
    const rest = handles.filter((handle) => handle !== first);
    const second = await ctx.firstOf("rest", rest);
    return [winner, await second.result()];
  },
});

let database: Awaited<ReturnType<typeof engineTestDatabase>>;
let t: TestEngine;
beforeAll(async () => {
  database = await engineTestDatabase();
  t = await startTestEngine(database.url, {
    workflows: [race],
    activities: [
      defineActivity<string, string, SqlExecutor>({
        name: "racer",
        input: String,
        async execute(_ctx, name) {
          await until(`${name} may end`, () => finished.has(name));
          if (name === "failing") throw new Error("fell");
          return name;
        },
      }),
    ],
  });
});
afterAll(async () => {
  await t.stop();
  await database.drop();
});

test("the first of several runs is the same on every replay, whoever ended meanwhile", async () => {
  const id = await t.start(race, ["slow", "quick", "slowest"]);
  finished.add("quick");
  await until("the choice is made", () => choices.length > 0);
  for (const name of ["slow", "slowest"]) {
    finished.add(name);
    const [child] = (await t.engine.client.listRuns({ rootId: id, limit: 9 })).filter((run) => run.stepName === name);
    await t.finished(String(child?.id));
  }
  await t.engine.client.signal(id, "replay");
  expect((await t.finished(id)).output).toEqual(["quick", "slow"]);
  expect(new Set(choices)).toEqual(new Set(["quick"]));
});

test("a run that failed can be the first: its result says so", async () => {
  const id = await t.start(race, ["late", "failing"]);
  finished.add("failing");
  await until("the choice is made", () => choices.some((choice) => choice.includes("fell")));
  finished.add("late");
  await t.engine.client.signal(id, "replay");
  expect((await t.finished(id)).output).toEqual([expect.stringContaining("fell"), "late"]);
});

test("the first of none fails the run instead of waiting forever", async () => {
  const run = await t.finished(await t.start(race, []));
  expect(run).toMatchObject({ status: "FAILED", error: { type: "Terminal" } });
});

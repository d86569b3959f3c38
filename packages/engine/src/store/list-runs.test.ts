import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defineWorkflow } from "../authoring/index.ts";
import { engineTestDatabase, openTestPool, seededRandom, startTestEngine } from "../testing/index.ts";
import { pgEngineDatabase } from "./database.ts";
import { LIST_BOUNDS, type ListBounds, listRunsPage } from "./list-runs.ts";
import { workflowVersionOf } from "./list-runs-conditions.ts";
import type { RunListQuery, RunPosition } from "./run-list-query.ts";

const RUNS = 300;
const QUERIES = 80;
const NAMES = ["scan", "scan.v2", "import", "import.v12", "x.v101"];
const STATUSES = ["CREATED", "RUNNING", "SUSPENDED", "CANCELLED", "COMPLETED", "FAILED"] as const;
/** So small that every way through the lists is taken, and left off half-way. */
const TINY: ListBounds = { candidatesMax: 25, examinedMax: 4, examinedByIdMax: 9 };
const START_MS = Date.UTC(2026, 0, 1);

interface Known {
  readonly id: string;
  readonly kind: string;
  readonly parentId: string | null;
  readonly name: string;
  readonly status: (typeof STATUSES)[number];
  readonly instanceId: string | null;
  readonly labels: Record<string, string>;
  readonly createdMs: number;
  readonly finishedMs: number | null;
  seq: number;
}

const random = seededRandom();
const below = (n: number) => Math.floor(random() * n);
const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
const maybe = <T>(value: () => T, share = 0.3): T | undefined => (random() < share ? value() : undefined);

const database = await engineTestDatabase();
const pool = openTestPool(database.url);
const { executor } = pgEngineDatabase(pool);
const known: Known[] = [];
beforeAll(async () => {
  for (let n = 0; n < RUNS; n++) known.push(await insert(randomRun()));
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** Few different times, so that ties are common. */
function randomRun(): Omit<Known, "seq"> {
  const status = pick(STATUSES);
  const createdMs = START_MS + below(60) * 500;
  const hasEnded = ["CANCELLED", "COMPLETED", "FAILED"].includes(status);
  return {
    id: crypto.randomUUID(),
    kind: random() < 0.15 ? "activity" : "workflow",
    parentId: maybe(() => pick(known.filter((run) => run.parentId === null))?.id) ?? null,
    name: pick(NAMES),
    status,
    instanceId: hasEnded ? (maybe(() => `instance-${below(12)}`, 0.5) ?? null) : null,
    labels: { project: String(below(20)), by: pick(["hand", "schedule"]) },
    createdMs,
    finishedMs: hasEnded ? createdMs + below(20) * 500 : null,
  };
}

async function insert(run: Omit<Known, "seq">): Promise<Known> {
  const { rows } = await pool.query<{ seq: number }>(
    `with created as (
      insert into wf_run (id, root_id, parent_id, kind, name, queue, status, instance_id, labels, created_at, finished_at)
      values ($1, coalesce($9::uuid, $1), $9, $2, $3, 'default', $4, $5, $6, to_timestamp($7::float8 / 1000), to_timestamp($8::float8 / 1000))
      returning root_id, labels, seq
    ), labelled as (
      insert into wf_label (name, value, root_id)
      select l.key, l.value, c.root_id from created c cross join lateral jsonb_each_text(c.labels) l on conflict do nothing
    ) select seq::float8 as seq from created`,
    [
      run.id,
      run.kind,
      run.name,
      run.status,
      run.instanceId,
      JSON.stringify(run.labels),
      run.createdMs,
      run.finishedMs,
      run.parentId,
    ],
  );
  return { ...run, seq: rows[0]?.seq ?? 0 };
}

function randomQuery(): Omit<RunListQuery, "limit"> {
  const time = () => START_MS + below(80) * 500;
  return {
    name: maybe(() => pick([...NAMES, "unknown"])),
    version: maybe(() => pick([1, 2, 12]), 0.15),
    status: maybe(() => pick(STATUSES)),
    instanceId: maybe(() => `instance-${below(12)}`, 0.15),
    labels: maybe(() =>
      pick([{ project: String(below(20)) }, { by: "hand" }, { by: "schedule", project: String(below(20)) }, {}]),
    ),
    createdSinceMs: maybe(time, 0.15),
    createdBeforeMs: maybe(time, 0.15),
    finishedSinceMs: maybe(time, 0.15),
    finishedBeforeMs: maybe(time, 0.15),
    sort: pick(["id", "createdAt", "finishedAt"]),
    descending: random() < 0.5,
  };
}

function fits(run: Known, query: Omit<RunListQuery, "limit">): boolean {
  const within = (ms: number | null, since?: number, before?: number) =>
    (since === undefined || (ms !== null && ms >= since)) && (before === undefined || (ms !== null && ms < before));
  return (
    run.kind === "workflow" &&
    [run.name, undefined].includes(query.name) &&
    [workflowVersionOf(run.name), undefined].includes(query.version) &&
    [run.status, undefined].includes(query.status) &&
    (query.instanceId === undefined || query.instanceId === run.instanceId) &&
    Object.entries(query.labels ?? {}).every(([name, value]) => run.labels[name] === value) &&
    within(run.createdMs, query.createdSinceMs, query.createdBeforeMs) &&
    within(run.finishedMs, query.finishedSinceMs, query.finishedBeforeMs)
  );
}

function expected(query: Omit<RunListQuery, "limit">): string[] {
  const value = ({ id, createdMs, finishedMs }: Known) =>
    query.sort === "id"
      ? id
      : query.sort === "createdAt"
        ? createdMs
        : (finishedMs ?? createdMs + 2000 * 366 * 86_400_000);
  const sorted = known
    .filter((run) => fits(run, query))
    .sort((a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : a.seq - b.seq));
  return (query.descending ? sorted.reverse() : sorted).map(({ id }) => id);
}

/** All pages of a list, one after the other. */
async function allPages(query: Omit<RunListQuery, "limit">, bounds: ListBounds, limit: number) {
  const ids: string[] = [];
  const totals: { count: number; exact: boolean }[] = [];
  let after: RunPosition | undefined;
  for (let pages = 0; pages <= RUNS * 2; pages++) {
    const page = await listRunsPage(executor, { ...query, limit, ...(after ? { after } : {}) }, bounds);
    expect(page.runs.length).toBeLessThanOrEqual(limit);
    ids.push(...page.runs.map((run) => run.id));
    totals.push(page.total);
    if (!page.next) return { ids, totals };
    after = page.next;
  }
  throw new Error("the pages do not end");
}

describe.each([
  ["many runs", TINY],
  ["few runs", LIST_BOUNDS],
] as const)("lists over %s", (_what, bounds) => {
  test("every filter, order and page size gives exactly the runs that fit, once, in order", {
    timeout: 120_000,
  }, async () => {
    for (let n = 0; n < QUERIES; n++) {
      const query = randomQuery();
      const limit = 1 + below(40);
      const wanted = expected(query);
      const { ids, totals } = await allPages(query, bounds, limit);
      expect(ids, JSON.stringify({ query, limit })).toEqual(wanted);
      for (const { count, exact } of totals) {
        if (exact) expect(count, JSON.stringify(query)).toBe(wanted.length);
        else expect(count, JSON.stringify(query)).toBeLessThanOrEqual(wanted.length);
      }
      if (bounds === LIST_BOUNDS) expect(totals.every(({ exact }) => exact)).toBe(true);
    }
  });
});

test("runs started while somebody pages through are neither doubled nor push others out", async () => {
  for (const sort of ["id", "createdAt", "finishedAt"] as const) {
    for (const descending of [true, false]) {
      const query = { sort, descending };
      const before = expected(query);
      const seen: string[] = [];
      let after: RunPosition | undefined;
      do {
        const page = await listRunsPage(executor, { ...query, limit: 17, ...(after ? { after } : {}) });
        seen.push(...page.runs.map((run) => run.id));
        after = page.next ?? undefined;
        for (let n = 0; n < 3; n++) known.push(await insert(randomRun()));
      } while (after);
      expect(new Set(seen).size).toBe(seen.length);
      const there = new Set(before);
      expect(seen.filter((id) => there.has(id))).toEqual(before);
    }
  }
});

test("children of a run that continued as new are still found by their labels", async () => {
  const child = defineWorkflow({ name: "labelled-child", input: (raw) => raw, run: async () => null });
  const rounds = defineWorkflow({
    name: "rounds",
    input: Number,
    async run(ctx, round) {
      await ctx.child(child, null, { labels: { round: String(round) } });
      if (round < 2) await ctx.continueAsNew(round + 1);
    },
  });
  const t = await startTestEngine(database.url, { workflows: [child, rounds], leaderElection: { enabled: false } });
  await t.finished(await t.start(rounds, 1, { labels: { whole: "yes" } }));
  await t.stop();
  const found = async (labels: Record<string, string>) =>
    (await listRunsPage(executor, { labels, sort: "createdAt", descending: false, limit: 9 })).runs.map(
      (run) => run.name,
    );
  expect(await found({ round: "1" })).toEqual(["labelled-child"]);
  expect(await found({ round: "2" })).toEqual(["labelled-child"]);
  expect(await found({ whole: "yes" })).toEqual(["rounds", "labelled-child", "labelled-child"]);
});

test("the version of a workflow is read from the end of its name", () => {
  expect(["scan", "scan.v2", "scan.v100", "scan.v101", "scan.v0", "scan.v", "v3"].map(workflowVersionOf)).toEqual([
    1, 2, 100, 1, 1, 1, 1,
  ]);
});

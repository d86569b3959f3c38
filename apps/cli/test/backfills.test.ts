import { expect, test } from "vitest";
import { runCli, scratchDirectory } from "./run-cli.ts";
import { on, type StubApi, startStubApi } from "./stub-api.ts";

const PATH = "/api/v2/internal/backfills";

function backfill(name: string, changes: object = {}) {
  return {
    name,
    release: "0.2.0",
    status: "RUNNING",
    rows_done: 1200,
    rows_estimated: 5000,
    slowdown: 1,
    created_at: 1,
    updated_at: 2,
    ...changes,
  };
}

function run(stub: StubApi, ...args: string[]) {
  using scratch = scratchDirectory();
  const env = { EVERTRACK_URL: stub.url, EVERTRACK_API_KEY: "odt_key", EVERTRACK_DATA_DIRECTORY: scratch.path };
  return runCli(["backfills", ...args], env);
}

const list = (...items: object[]) =>
  on("GET", PATH, () => ({ body: { items, total: { count: items.length, type: "EXACT" } } }));

test("all are listed with how far they are, how fast, until when, and what keeps them", async () => {
  await using stub = await startStubApi(
    list(
      backfill("split-detail", { rows_per_second: 812.3, eta_ms: 4_700, slowdown: 2.5, rows_per_second_max: 900 }),
      backfill("held", { status: "PAUSED", pause_reason: "paused by ops" }),
      backfill("broken", { status: "FAILED", rows_done: 6000, last_error: "no such\ncolumn" }),
      backfill("ended", { status: "DONE", rows_done: 10 }),
      backfill("newer", { status: "DREAMING", rows_estimated: 0 }),
    ),
  );
  const { code, stdout } = await run(stub, "list");
  expect([code, stdout.split("\n")]).toEqual([
    0,
    [
      "BACKFILL      RELEASE  STATUS    ROWS                 ROWS/S  LIMIT  ENDS IN  NOTE",
      "split-detail  0.2.0    running   1200 of 5000 (24 %)  812     900    4.7 s    makes way for others: rests 2.5 times longer",
      "held          0.2.0    paused    1200 of 5000 (24 %)                          paused by ops",
      "broken        0.2.0    failed    6000 of 5000 (99 %)                          no such column",
      "ended         0.2.0    done      10",
      "newer         0.2.0    dreaming  1200 of ?",
      "",
    ],
  ]);
});

test("none is said, and as JSON an empty list", async () => {
  await using stub = await startStubApi(list());
  expect((await run(stub, "list")).stdout).toBe("There are no backfills.\n");
  expect(JSON.parse((await run(stub, "list", "--json")).stdout)).toEqual({ backfills: [] });
});

test("one is paused, resumed and given a rate; what became of it is said", async () => {
  await using stub = await startStubApi(
    on("PATCH", `${PATH}/split-detail`, ({ body }) => {
      const asked = JSON.parse(body) as { paused?: boolean; rows_per_second_max?: number | null };
      const limit = asked.rows_per_second_max == null ? {} : { rows_per_second_max: asked.rows_per_second_max };
      return { body: backfill("split-detail", { status: asked.paused === true ? "PAUSED" : "RUNNING", ...limit }) };
    }),
  );
  const said = async (...args: string[]) => (await run(stub, ...args)).stdout;
  expect(await said("pause", "split-detail")).toBe("split-detail is paused, at the server's own limit.\n");
  expect(await said("resume", "split-detail")).toBe("split-detail is running, at the server's own limit.\n");
  expect(await said("rate", "split-detail", "250")).toBe("split-detail is running, at 250 rows per second at most.\n");
  expect(JSON.parse(await said("rate", "split-detail", "default", "--json"))).toMatchObject({ name: "split-detail" });
  expect(stub.seen.map(({ body }) => JSON.parse(body))).toEqual([
    { paused: true },
    { paused: false },
    { rows_per_second_max: 250 },
    { rows_per_second_max: null },
  ]);
});

test("one that is done is refused with 3, an unknown one with 1, a rate that is none with 2", async () => {
  await using stub = await startStubApi(
    on("PATCH", `${PATH}/ended`, () => ({
      status: 409,
      body: { title: "Conflict", detail: "The backfill ended is done." },
    })),
  );
  expect(await run(stub, "pause", "ended")).toMatchObject({ code: 3, stderr: expect.stringContaining("is done") });
  expect(await run(stub, "pause", "none")).toMatchObject({ code: 1 });
  for (const rate of ["0", "1.5", "fast", "1000001"])
    expect(await run(stub, "rate", "ended", rate)).toMatchObject({ code: 2 });
});

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadManifest } from "../src/features/upgrades/index.ts";
import type { SqlExecutor } from "../src/platform/db/index.ts";
import {
  describeStage,
  type History,
  namesIn,
  type RecordedRun,
  readHistory,
  restore,
  type Stage,
  stagesOf,
} from "./histories/history.ts";
import { workOn } from "./histories/resume.ts";
import { type Scenario, scenarios } from "./histories/scenarios.ts";

/** Runs of every past release, stopped after each of their stages, go on with the present code as if nothing had happened. */
const folder = join(import.meta.dirname, "histories");
const histories = globSync("*/*.json", { cwd: folder })
  .sort()
  .map((file) => [file, JSON.parse(readFileSync(join(folder, file), "utf8")) as History] as const);

test("a history is recorded of every scenario, and of every workflow of this build", () => {
  const recorded = new Set(histories.flatMap(([, { scenario, run }]) => [scenario, run.name]));
  const wanted = [...Object.keys(scenarios), ...loadManifest().workflows.map(({ name }) => name)];
  expect(wanted.filter((name) => !recorded.has(name))).toEqual([]);
});

describe.concurrent.each(histories)("%s", (file, { scenario: name, run }) => {
  const stages = stagesOf(run);
  const cuts = stages.slice(0, -1).map((stage, index) => [index + 1, describeStage(stage)] as const);

  test.each(cuts)("goes on after stage %i: %s", async (cut, last) => {
    const scenario = scenarios[name];
    if (scenario === undefined) throw new Error(`${file}: scenarios.ts knows no "${name}"`);
    const kept = stages.slice(0, cut);
    const seen = await workOn(scenario, run.id, {
      begin: ({ database }) => restore(database.executor, kept),
      look: async ({ database: { executor } }) => ({
        ...(await readHistory(executor, run.id)),
        effects: await effectsSeen(executor, scenario),
      }),
    });

    expect(differences(`${file}, resumed after ${last}`, run, seen.run)).toEqual([]);
    expect(endsOf(seen.run)).toEqual(endsOf(run));
    expect(seen.untouched).toEqual(recordedIn(kept));
    for (const [step, there] of seen.effects) expect([step, there]).toEqual([step, !isRecorded(kept, step)]);
  });
});

/** In words: what the code does not do any more, and what it does that it did not. */
function differences(where: string, recorded: RecordedRun, seen: RecordedRun): string[] {
  const [before, now] = [namesIn(recorded), namesIn(seen)];
  const missing = before
    .filter((one) => !now.includes(one))
    .map((name) => `step "${name}" was recorded and is not done any more`);
  const added = now.filter((one) => !before.includes(one)).map((name) => `step "${name}" is new`);
  const cure = "a workflow that changes its steps gets a new name (apps/server/test/histories/README.md)";
  return [...missing, ...added].map((what) => `workflow ${recorded.name} (${where}): ${what}; ${cure}`);
}

/** How every run of the tree ended. */
function endsOf(run: RecordedRun): string[] {
  const ends = stagesOf(run).filter(({ kind }) => kind === "ended");
  return ends.map(({ run: one }) => `${one.kind} ${one.key ?? one.name} ${one.status}`);
}

/** What nobody may have touched: steps that were recorded and runs that had ended. */
function recordedIn(kept: readonly Stage[]): Set<string> {
  const untouched = kept.filter(({ kind }) => kind !== "created");
  return new Set(untouched.map(({ run, step }) => (step === null ? run.id : `${run.id} ${step.step}`)));
}

/** Of which steps the effect is in the database. */
function effectsSeen(executor: SqlExecutor, { effects }: Scenario): Promise<[string, boolean][]> {
  return Promise.all(effects.map(async ({ step, rows }) => [step, (await executor.query(rows)).rowCount > 0]));
}

function isRecorded(kept: readonly Stage[], prefix: string): boolean {
  return kept.some(({ step }) => step?.step.startsWith(prefix));
}

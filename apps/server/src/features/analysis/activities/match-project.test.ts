import type { ActivityContext } from "@evertrack/engine/authoring";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Config } from "../../../platform/config/index.ts";
import { mapSource } from "../../../platform/config/sources.ts";
import type { Tx } from "../../../platform/db/index.ts";
import { createOutbound } from "../../../platform/outbound/index.ts";
import { Seed } from "../../../testing/seed.ts";
import { writeExtensionConfig } from "../../settings/store/extensions.ts";
import { openTestDatabase } from "../../vulnerabilities/testing.ts";
import { removeExpiredAnswers } from "../commands/remove-expired-answers.ts";
import { externalAnalyzers } from "../index.ts";
import { readCache, writeCache } from "../store/analyzer-cache.ts";
import { matchProjectActivity } from "./match-project.ts";

let opened: Awaited<ReturnType<typeof openTestDatabase>>;
let seed: Seed;
beforeAll(async () => {
  opened = await openTestDatabase();
  seed = new Seed(opened.database.executor);
});
afterAll(() => opened?.drop());

const DEADLINE_MS = 10_000;
const analyzers = externalAnalyzers({
  config: new Config([mapSource("test", new Map())]),
  outbound: createOutbound({ connectTimeoutMs: 1_000 }),
});

test("an external analyzer is asked when it is enabled, and not while an older instance may run", async () => {
  const { database } = opened;
  const project = await seed.project();
  const context = {
    tx: <T>(_: string, work: (tx: Tx) => Promise<T>) => database.transaction(work),
    signal: AbortSignal.timeout(DEADLINE_MS),
    idFor: () => crypto.randomUUID(),
  } as unknown as ActivityContext<Tx>;
  const input = { projectId: project.id, projectUuid: project.uuid, trigger: "manual" as const };
  const match = (open: boolean) =>
    matchProjectActivity({ database, analyzers, gateOpen: () => open }).execute(context, input);
  expect(await match(true)).toEqual({ batches: 1 });
  await database.transaction((tx) => writeExtensionConfig(tx, "vuln-analyzer", "oss-index", { enabled: true }));
  expect(await match(false)).toEqual({ batches: 1 });
  expect(await match(true)).toEqual({ batches: 1, analyzers: ["oss-index"] });
});

test("an analyzer cannot be enabled without its token", async () => {
  const check = (enabled: boolean) => analyzers[0]?.extension.check?.({ enabled, aliasSyncEnabled: false });
  expect(await check(true)).toBe("dt.vuln-analyzer.oss-index.api-token is not set");
  expect(await check(false)).toBeUndefined();
});

test("an answer that has expired is not used, and removed; others stay", async () => {
  const { database } = opened;
  const write = (key: string, ttlMs: number) =>
    database.transaction((tx) => writeCache(tx, "a", [{ key, answer: [] }], ttlMs));
  await write("kept", 60_000);
  await write("expired", -1);
  const keys = async () => (await readCache(database.db, "a", ["expired", "kept"])).map(({ key }) => key);
  expect(await keys()).toEqual(["kept"]);
  await removeExpiredAnswers(database, AbortSignal.timeout(DEADLINE_MS));
  expect(await seed.rows("select key from analyzer_cache")).toEqual([{ key: "kept" }]);
});

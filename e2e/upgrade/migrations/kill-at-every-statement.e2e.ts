import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pgBouncerMissing, startPgBouncer, testDatabase } from "@evertrack/embedded-postgres/testing";
import { engineMigrationsDirectory } from "@evertrack/engine/migrations";
import { classifyMigrations, migrate, readMigrationFiles, showLock } from "@evertrack/migrator";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../../harness/random.ts";
import { FULL_SCOPE } from "../../harness/scope.ts";
import type { KilledMigration } from "./killed-migration-program.ts";
import { schemaSnapshot } from "./schema-snapshot.ts";

const PROGRAM = join(import.meta.dirname, "killed-migration-program.ts");
const components = [
  { component: "app", directory: join(import.meta.dirname, "../../../apps/server/migrations") },
  { component: "engine", directory: engineMigrationsDirectory },
];
/** 1: every statement is the last one once on a direct connection and once through the pooler; more: each n-th, the seed says which. */
const STRIDE = Number(process.env.KILL_STRIDE ?? (FULL_SCOPE ? 1 : 4));
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 1_000_000));
const KILLS_MAX = 5_000;

let directory: string;
let statements: KilledMigration["statements"];
let whole: Record<string, string[]>;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "evertrack-killed-"));
  const database = await testDatabase();
  statements = {};
  for (const component of components) {
    const files = await classifyMigrations(await readMigrationFiles(component.directory));
    for (const file of files) if (file.transactional) statements[file.text] = file.statements.map(({ text }) => text);
    await migrate({ ...component, connectionString: database.url, version: "0.1.0" });
  }
  whole = await schemaSnapshot(database.url);
  await database.drop();
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test.skipIf(pgBouncerMissing)(
  `a migration killed at any statement, direct or through PgBouncer, is completed by the next run (${pgBouncerMissing ?? "all present"})`,
  { timeout: 900_000 },
  async () => {
    const begin = new Random(SEED).between(0, STRIDE - 1);
    console.info(`SEED=${SEED} KILL_STRIDE=${STRIDE}`);
    const [direct, pooled] = [await testDatabase(), await testDatabase()];
    const pooler = await startPgBouncer({ serverUrl: direct.url });
    try {
      const kills = await Promise.all([
        killAndContinue("direct", direct.url, direct.url, begin),
        killAndContinue("pooled", pooled.url, pooler.urlOf(pooled.url), begin + Math.floor(STRIDE / 2)),
      ]);
      console.info(`killed at ${kills.join(" statements on a direct connection, at ")} through PgBouncer`);
      for (const { url } of [direct, pooled]) {
        expect(await schemaSnapshot(url)).toEqual(whole);
        expect(await showLock(url)).toMatchObject({ held: false });
      }
      expect(Math.min(...kills), "fewer would mean that processes did not die where they were told to").toBeGreaterThan(
        Object.keys(statements).length,
      );
    } finally {
      await pooler.stop();
      await Promise.all([direct.drop(), pooled.drop()]);
    }
  },
);

/** One run after the other on the same database, each killed a little later, until one lives; how many were killed. */
async function killAndContinue(name: string, directUrl: string, url: string, begin: number): Promise<number> {
  let done = await filesDone(directUrl);
  let dieAt = 1 + (begin % STRIDE);
  for (let kills = 0; kills < KILLS_MAX; kills++) {
    const { signal, code, output } = await runUntilKilled(name, { url, dieAt, components, statements });
    if (signal !== "SIGKILL") {
      expect({ code, output }).toMatchObject({ code: 0 });
      return kills;
    }
    const before = done;
    done = await filesDone(directUrl);
    // A file got done: the next one's first statement comes behind what every run begins with. The other mode is STRIDE / 2 off.
    const overhead = Number.parseInt(output, 10);
    dieAt = done > before && overhead > 0 ? overhead + 1 + ((begin + done) % STRIDE) : dieAt + STRIDE;
  }
  throw new Error(`not migrated after ${KILLS_MAX} runs`);
}

async function runUntilKilled(name: string, work: KilledMigration) {
  const file = join(directory, `${name}.json`);
  writeFileSync(file, JSON.stringify(work));
  const child = spawn(process.execPath, [PROGRAM, file], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  return { code, signal, output };
}

async function filesDone(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query("select to_regclass('evertrack_schema_migration') is not null as exists");
    if (!rows[0]?.exists) return 0;
    const counted = await client.query<{ done: number }>(
      "select count(*)::int as done from evertrack_schema_migration where state = 'done'",
    );
    return counted.rows[0]?.done ?? 0;
  } finally {
    await client.end();
  }
}

/**
 * How long other queries wait while the migrator changes a table of ten million rows that is read and written all the time, for each
 * kind of statement; and how fast the table is read, sorted and rewritten, which the estimates of `migrate --plan` start from.
 * Bar: nobody waits longer than a second for a statement that an expand file may hold.
 *
 *   npm run bench -- migrator/lock-time [--rows 10000000]
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ensurePostgres, stopPostgres } from "@evertrack/embedded-postgres";
import pg from "pg";
import { migrate } from "../src/index.ts";
import { keepResult } from "./measuring/result.ts";
import { WaitingLoad } from "./measuring/waiting-load.ts";

const BAR_MS = 1_000;
const BASELINE_MS = 10_000;
const MIB = 1024 * 1024;
const ROWS_SAMPLE_SHARE = 0.02;

const { values: options } = parseArgs({ options: { rows: { type: "string", default: "10000000" } } });
const rows = Number(options.rows);

/** Statements of expand files, in the order a change of shape uses them. */
const EXPAND: readonly (readonly [kind: string, sql: string])[] = [
  ["ADD COLUMN", "alter table things add column label text"],
  ["ADD COLUMN with a constant default", "alter table things add column amount int not null default 7"],
  ["ADD CHECK NOT VALID", "alter table things add constraint has_size check (size is not null) not valid"],
  ["VALIDATE CONSTRAINT", "alter table things validate constraint has_size"],
  ["SET NOT NULL with a valid check", "alter table things alter column size set not null"],
  [
    "ADD FOREIGN KEY NOT VALID",
    "alter table things add constraint of_kind foreign key (kind_id) references kinds not valid",
  ],
  ["VALIDATE FOREIGN KEY", "alter table things validate constraint of_kind"],
  ["CREATE INDEX CONCURRENTLY", "create index concurrently if not exists things_size on things (size)"],
  ["DROP INDEX CONCURRENTLY", "drop index concurrently if exists things_size"],
  [
    "CREATE TRIGGER",
    "create function note() returns trigger language plpgsql as $$ begin return new; end $$; " +
      "create trigger note before update on things for each row execute function note()",
  ],
  ["DROP TRIGGER", "drop trigger note on things"],
  ["DROP COLUMN", "alter table things drop column label"],
];
/** What an expand file must not hold: how fast the work under the lock goes. */
const RATES: readonly (readonly [work: string, sql: string, share: number])[] = [
  ["scan", "alter table things alter column name set not null", 1],
  ["index", "create index things_name on things (name)", 1],
  ["rows", `update things set size = 2 where id <= ${Math.round(rows * ROWS_SAMPLE_SHARE)}`, ROWS_SAMPLE_SHARE],
  ["rewrite", "alter table things alter column size type bigint", 1],
];

const directory = mkdtempSync(join(tmpdir(), "evertrack-lock-time-"));
const dataDirectory = join(directory, "postgres");
const settings = { shared_buffers: "512MB", max_wal_size: "4GB" };
const { url } = await ensurePostgres({ dataDirectory, settings });
const client = new pg.Client({ connectionString: url });
await client.connect();
try {
  await fill();
  const load = new WaitingLoad(url, rows);
  await load.start();
  const baselineMs = await load.longestDuring(() => delay(BASELINE_MS));
  console.log(`${rows} rows; without a migration the longest wait in ${BASELINE_MS / 1000} s is ${baselineMs} ms`);
  const waits: Record<string, unknown>[] = [];
  for (const [index, [kind, sql]] of EXPAND.entries()) waits.push(await waitFor(load, index, kind, sql));
  await load.end();
  const rates: Record<string, unknown>[] = [];
  for (const [work, sql, share] of RATES) rates.push(await rateOf(work, sql, share));
  keepResult("lock-time", { rows, baselineMs, barMs: BAR_MS, waits, rates });
} finally {
  await client.end();
  await stopPostgres({ dataDirectory, mode: "immediate" });
  rmSync(directory, { recursive: true, force: true });
}
process.exit(0);

/** Rows of about the width of a component's. */
async function fill(): Promise<void> {
  await client.query("create table kinds (id int primary key); insert into kinds select generate_series(1, 100)");
  await client.query(
    "create table things (id bigint generated always as identity, kind_id int not null, name text, size int, note text)",
  );
  await client.query(
    `insert into things (kind_id, name, size, note)
     select n % 100 + 1, md5(n::text), n % 1000, repeat('x', 60) from generate_series(1, ${rows}) as n`,
  );
  await client.query("alter table things add primary key (id)");
  await client.query("vacuum analyze things");
}

/** One file through the migrator, as a release would. */
async function waitFor(load: WaitingLoad, index: number, kind: string, sql: string): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(directory, "migrations-"));
  const id = `2026010100${String(index).padStart(2, "0")}__change_things`;
  writeFileSync(join(folder, `${id}.sql`), `-- phase: expand\n${sql};\n`);
  const startedMs = performance.now();
  const longestMs = await load.longestDuring(() =>
    migrate({ connectionString: url, directory: folder, component: `bench-${index}`, version: "0.1.0" }),
  );
  const tookMs = Math.round(performance.now() - startedMs);
  console.log(
    `${kind}: took ${tookMs} ms, the longest wait was ${longestMs} ms${longestMs > BAR_MS ? " – TOO LONG" : ""}`,
  );
  return { kind, tookMs, longestWaitMs: longestMs };
}

async function rateOf(work: string, sql: string, share: number): Promise<Record<string, unknown>> {
  const { rows: sizes } = await client.query<{ heap: string; whole: string }>(
    "select pg_relation_size('things') as heap, pg_total_relation_size('things') as whole",
  );
  const startedMs = performance.now();
  await client.query(sql);
  const tookMs = performance.now() - startedMs;
  const bytes = Number(work === "rewrite" ? sizes[0]?.whole : sizes[0]?.heap);
  const msPerMib = Number((tookMs / ((bytes / MIB) * share)).toFixed(2));
  console.log(`${work}: ${Math.round(tookMs)} ms, ${msPerMib} ms per MiB`);
  return { work, tookMs: Math.round(tookMs), mebibytes: Math.round((bytes / MIB) * share), msPerMib };
}

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { testDatabase } from "@evertrack/embedded-postgres/testing";
import pg from "pg";
import { afterEach } from "vitest";
import type { MigrateOptions } from "../src/index.ts";

const leftovers: (() => unknown)[] = [];

afterEach(async () => {
  for (const remove of leftovers.splice(0).reverse()) await remove();
});

/** A directory of migration files, removed after the test. Names without a date get one in the order given. */
export function migrationFiles(files: Record<string, string>): string {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "migrations-"));
  leftovers.push(() => fs.rmSync(directory, { recursive: true, force: true }));
  writeMigrations(directory, files);
  return directory;
}

/** Writes or replaces files in such a directory; a phase is put in front unless the text has one. */
export function writeMigrations(directory: string, files: Record<string, string>): void {
  for (const [name, sql] of Object.entries(files)) {
    const text = sql.includes("-- phase:") ? sql : `-- phase: expand\n${sql}`;
    fs.writeFileSync(path.join(directory, `${name}.sql`), text);
  }
}

/** An empty database, dropped after the test. */
export async function scratchDatabase(): Promise<string> {
  const database = await testDatabase();
  leftovers.push(() => database.drop());
  return database.url;
}

/** An open connection, closed after the test. */
export async function openClient(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: "somebody-else" });
  client.on("error", () => {});
  await client.connect();
  leftovers.push(() => client.end().catch(() => {}));
  return client;
}

/** One query on a connection of its own. */
export async function query<T>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as T[];
  } finally {
    await client.end();
  }
}

/** Ends what hangs; on a busy machine everything takes its time. */
const UNTIL_MAX_MS = 60_000;

/** Waits until a condition holds. */
export async function until(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + UNTIL_MAX_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`did not happen in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Options most tests share; `messages` collects the log. */
export function optionsFor(url: string, directory: string): MigrateOptions & { messages: string[] } {
  const messages: string[] = [];
  return {
    connectionString: url,
    directory,
    component: "app",
    version: "1.0.0",
    log: (message) => messages.push(message),
    messages,
  };
}

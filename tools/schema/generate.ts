/**
 * Writes apps/server/src/platform/db/generated/schema.ts from the migrated schema; with --verify it only compares.
 * The types are those PostgreSQL reports after every migration ran on an empty database.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { testDatabase } from "@evertrack/embedded-postgres/testing";
import pg from "pg";

const root = join(import.meta.dirname, "..", "..");
const migrations = join(root, "apps/server/migrations");
const target = join(root, "apps/server/src/platform/db/generated/schema.ts");

const database = await testDatabase();
try {
  await applyAll(database.url);
  const args = [
    "--dialect",
    "postgres",
    "--url",
    database.url,
    "--out-file",
    target,
    "--exclude-pattern",
    "wf_*",
    "--type-mapping",
    '{"int8":"number"}',
  ];
  if (process.argv.includes("--verify")) args.push("--verify");
  execFileSync(join(root, "node_modules/.bin/kysely-codegen"), args, { stdio: "inherit" });
} finally {
  await database.drop();
}

async function applyAll(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const files = readdirSync(migrations).filter((name) => name.endsWith(".sql") && /^\d{12}__/.test(name));
  for (const file of files.sort()) await client.query(inOneTransaction(readFileSync(join(migrations, file), "utf8")));
  await client.end();
}

/** A file is sent as one query, which PostgreSQL takes as one transaction; types do not depend on how an index is built. */
function inOneTransaction(text: string): string {
  return text.replaceAll(/\bindex\s+concurrently\b/gi, "index");
}

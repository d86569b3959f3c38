/**
 * Judges the migrations of the server and of the engine: the migrator's classifier refuses what would break the release
 * before it, squawk (.squawk.toml) adds general advice.
 */
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { lintMigrations } from "@evertrack/migrator";

const root = resolve(import.meta.dirname, "..", "..");
const folders = ["apps/server/migrations", "packages/engine/migrations"];
const squawkTimeoutMs = 60_000;
const { version } = JSON.parse(readFileSync(join(root, "apps/server/package.json"), "utf8")) as { version: string };

const files = folders.flatMap((folder) => globSync(`${folder}/*__*.sql`, { cwd: root })).sort();
const refused = await Promise.all(folders.filter(hasMigrations).map(judge));
const squawk = spawnSync(join(root, "node_modules/.bin/squawk"), files, {
  cwd: root,
  stdio: "inherit",
  timeout: squawkTimeoutMs,
});

console.log(`${files.length} migrations judged`);
if (files.length === 0) console.error("no migration was found");
if (files.length === 0 || refused.includes(true) || squawk.status !== 0) process.exitCode = 1;

function hasMigrations(folder: string): boolean {
  return files.some((file) => file.startsWith(`${folder}/`));
}

/** True when the classifier refuses a statement of the folder. */
async function judge(folder: string): Promise<boolean> {
  const problems = await lintMigrations(join(root, folder), { version });
  for (const { file, line, message } of problems) console.error(`${folder}/${file}:${line}: ${message}`);
  return problems.length > 0;
}

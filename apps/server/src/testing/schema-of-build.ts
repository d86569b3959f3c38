import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Directory of a newer build: tests run on the schema of that build, so that an old release proves itself on the schema of the
 * next one. Used by e2e/upgrade.
 */
const SCHEMA_FROM_VARIABLE = "EVERTRACK_TEST_SCHEMA_FROM";
const MIGRATION_TIMEOUT_MS = 120_000;

/** Lets the one-shot process of the named build migrate a database that this build has prepared; nothing without such a name. */
export async function migrateByNamedBuild(databaseUrl: string): Promise<void> {
  const build = process.env[SCHEMA_FROM_VARIABLE];
  if (build === undefined) return;
  const dataDirectory = await mkdtemp(join(tmpdir(), "evertrack-schema-"));
  const child = spawn(process.execPath, [join(build, "apps/server/src/main.ts")], {
    env: {
      PATH: process.env.PATH,
      HOME: dataDirectory,
      DT_DATASOURCE_URL: databaseUrl,
      DT_DATA_DIRECTORY: dataDirectory,
      DT_MANAGEMENT_HOST: "127.0.0.1",
      DT_MANAGEMENT_PORT: "0",
      DT_INIT_TASKS_EXIT_AFTER_COMPLETION: "true",
    },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: MIGRATION_TIMEOUT_MS,
    killSignal: "SIGKILL",
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const [status] = (await once(child, "close")) as [number | null];
  await rm(dataDirectory, { recursive: true, force: true });
  if (status !== 0) throw new Error(`the migrations of ${build} ended with ${status}:\n${output.slice(-2_000)}`);
}

import type { EngineClient } from "@evertrack/engine";
import type { Database, Tx } from "../../../platform/db/index.ts";
import { AppError } from "../../../platform/http/index.ts";
import { writeLatestRun } from "../mirror-state.ts";
import { requireDataSource } from "../queries/mirror-run.ts";
import { readOsvConfig } from "../queries/osv-config.ts";
import { mirrorInstanceId, mirrorVulnDataSource } from "../workflows/mirror-vuln-data-source.ts";

/** Starts a mirror of the source in the caller's transaction; false when one is under way. */
export async function startMirror(tx: Tx, client: EngineClient<Tx>, name: string): Promise<boolean> {
  const options = { instanceId: mirrorInstanceId(name), labels: { "vuln-data-source": name } };
  const runId = await client.startRun(tx, mirrorVulnDataSource, { name }, options);
  if (runId === null) return false;
  await writeLatestRun(tx, name, runId);
  return true;
}

/** As asked for by a person. 404 unknown source, 400 not enabled, 409 under way. */
export async function requestMirror(database: Database, client: EngineClient<Tx>, name: string): Promise<void> {
  requireDataSource(name);
  const { enabled } = await readOsvConfig(database.db);
  if (!enabled)
    throw new AppError("vuln-data-source-not-enabled", `The vulnerability data source "${name}" is not enabled.`);
  const started = await database.transaction((tx) => startMirror(tx, client, name));
  if (!started)
    throw new AppError("vuln-data-source-mirror-already-running", `A mirror run of "${name}" is already in progress.`);
}

import type { MirrorRunStatus } from "@evertrack/contract/v2/vuln-data-sources";
import type { EngineClient } from "@evertrack/engine";
import type { Db, Tx } from "../../../platform/db/index.ts";
import { AppError } from "../../../platform/http/index.ts";
import { readLatestRun, readProgress } from "../mirror-state.ts";
import { mirrorRunStatusOf } from "./run-status.ts";

const DATA_SOURCES = ["github", "nvd", "osv"];

/** 404 for a source this build does not have. */
export function requireDataSource(name: string): void {
  if (!DATA_SOURCES.includes(name)) throw new AppError("not-found", "The requested resource could not be found.");
}

/** The run started last; 404 when there is none, or it is no longer kept. */
export async function latestMirrorRun(db: Db, client: EngineClient<Tx>, name: string): Promise<MirrorRunStatus> {
  requireDataSource(name);
  const runId = await readLatestRun(db, name);
  const status = await mirrorRunStatusOf(client, runId);
  const progress = await readProgress(db, name);
  return {
    ...status,
    ...(progress !== undefined &&
      progress.runId === runId && {
        progress: { ecosystem: progress.ecosystem, done: progress.done, total: progress.total },
      }),
  };
}

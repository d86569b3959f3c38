import type { EngineLog } from "../authoring/log.ts";
import type { SqlExecutor } from "../store/database.ts";
import { endRuns, type RunEnd } from "../store/end-runs.ts";
import { recordSteps, type StepRecord, type StepVerdict, type Verdict } from "../store/record-steps.ts";
import { type SpawnRequest, spawnRuns } from "../store/spawn-runs.ts";
import { WriteBuffer } from "./write-buffer.ts";

/** Rows' own size besides their documents. */
const ROW_SIZE_BYTES = 200;

/** The three kinds of writes of a worker. */
export interface WriteBuffers {
  readonly steps: WriteBuffer<StepRecord, StepVerdict>;
  readonly spawns: WriteBuffer<SpawnRequest, Verdict | "taken">;
  readonly ends: WriteBuffer<RunEnd, boolean>;
}

/** Builds a worker's buffers. `onNewWork` is called when a flush made runs claimable. */
export function createWriteBuffers(
  executor: SqlExecutor,
  options: { flushMs: number; itemsMax: number; log: EngineLog; onNewWork(): void },
): WriteBuffers {
  const { flushMs, itemsMax, log, onNewWork } = options;
  return {
    steps: new WriteBuffer({
      name: "steps",
      flushMs,
      itemsMax,
      log,
      flush: (records) => recordSteps(executor, records),
      sizeBytes: (record) => sizeOf(record.outputJson, record.errorJson),
    }),
    spawns: new WriteBuffer({
      name: "spawns",
      flushMs,
      itemsMax,
      log,
      async flush(requests) {
        const verdicts = await spawnRuns(executor, requests);
        onNewWork();
        return verdicts;
      },
      sizeBytes: (request) => sizeOf(request.inputJson, request.labelsJson),
    }),
    ends: new WriteBuffer({
      name: "ends",
      flushMs,
      itemsMax,
      log,
      async flush(ends) {
        const stands = await endRuns(executor, ends);
        if (ends.some((end) => end.parentId !== null || end.status === "SUSPENDED")) onNewWork();
        return stands;
      },
      sizeBytes: (end) => sizeOf(end.outputJson, end.errorJson),
    }),
  };
}

function sizeOf(...documents: readonly (string | null)[]): number {
  return documents.reduce((total, document) => total + (document?.length ?? 0), ROW_SIZE_BYTES);
}

/** A flush is failing: nothing more should be claimed. */
export function isBackedUp(buffers: WriteBuffers): boolean {
  return buffers.steps.failing || buffers.spawns.failing || buffers.ends.failing;
}

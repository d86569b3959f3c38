import type { Engine, EngineClient } from "@evertrack/engine";
import type { Tx } from "../platform/db/index.ts";

/**
 * The engine's client for features that are put together before the engine: the engine needs their workflows, their
 * commands need its client. Using it before `connect` is an error.
 */
export function lateClient(): { client: EngineClient<Tx>; connect(engine: Engine<Tx>): void } {
  let connected: EngineClient<Tx> | undefined;
  const engine = (): EngineClient<Tx> => {
    if (connected === undefined) throw new Error("the engine is not connected yet");
    return connected;
  };
  const client: EngineClient<Tx> = {
    startRun: (...parameters) => engine().startRun(...parameters),
    signal: (...parameters) => engine().signal(...parameters),
    cancel: (runId) => engine().cancel(runId),
    suspend: (runId) => engine().suspend(runId),
    resume: (runId) => engine().resume(runId),
    retry: (...parameters) => engine().retry(...parameters),
    getRun: (runId) => engine().getRun(runId),
    listRuns: (filter) => engine().listRuns(filter),
    activeAmong: (tx, runIds) => engine().activeAmong(tx, runIds),
    findActiveByLabel: (label, value) => engine().findActiveByLabel(label, value),
    getSteps: (runId) => engine().getSteps(runId),
    listQueues: () => engine().listQueues(),
    updateQueue: (queue) => engine().updateQueue(queue),
    getRunSummary: (runId) => engine().getRunSummary(runId),
    getActiveInstance: (instanceId) => engine().getActiveInstance(instanceId),
    listRunsPage: (query) => engine().listRunsPage(query),
    listRunEvents: (runId, query) => engine().listRunEvents(runId, query),
    listQueueStates: (kind, page) => engine().listQueueStates(kind, page),
    countQueues: (kind) => engine().countQueues(kind),
  };
  return {
    client,
    connect(created) {
      connected = created.client;
    },
  };
}

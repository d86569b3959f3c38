import type { Activity } from "../authoring/activity.ts";
import type { EngineLog } from "../authoring/log.ts";
import type { Workflow } from "../authoring/workflow.ts";
import type { EngineDatabase } from "../store/database.ts";
import type { WriteBuffers } from "./write-buffers.ts";

/** What every attempt in this process shares. */
export interface Runtime<Tx> {
  readonly database: EngineDatabase<Tx>;
  readonly instance: { readonly id: string; readonly version: string };
  readonly log: EngineLog;
  readonly buffers: WriteBuffers;
  readonly workflows: ReadonlyMap<string, Workflow<unknown, unknown>>;
  readonly activities: ReadonlyMap<string, Activity<unknown, unknown, Tx>>;
  gate(name: string): Promise<boolean>;
}

/** `unreachable`: the lease could not be renewed in time, so somebody else may have the run by now. */
type AbortReason = "lost" | "cancelled" | "stopping" | "unreachable";

/** Why an attempt's signal was aborted. */
export class AttemptAborted extends Error {
  override name = "AttemptAborted";
  readonly why: AbortReason;

  constructor(why: AbortReason) {
    super(`the attempt ends: ${why}`);
    this.why = why;
  }
}

/** What the worker tells a running attempt. */
export interface AttemptControl {
  /** Aborted with an `AttemptAborted`. */
  readonly signal: AbortSignal;
  /** The worker is stopping: begin nothing new. */
  isDraining(): boolean;
  /** Calls back when draining begins. */
  onDraining(fn: () => void): void;
}

/** A log whose lines carry the run. */
export function logOf(log: EngineLog, fields: object): EngineLog {
  return {
    debug: (more, message) => log.debug({ ...fields, ...more }, message),
    info: (more, message) => log.info({ ...fields, ...more }, message),
    warn: (more, message) => log.warn({ ...fields, ...more }, message),
    error: (more, message) => log.error({ ...fields, ...more }, message),
  };
}

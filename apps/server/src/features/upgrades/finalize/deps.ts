import type { Database } from "../../../platform/db/index.ts";
import type { Log } from "../../../platform/log/log.ts";
import type { FinalizeStep } from "../../cluster/index.ts";
import type { Backfill } from "../backfills/index.ts";
import type { Gate } from "../gates/registry.ts";
import type { OwnedComponent } from "./owned-schema.ts";

/** A step was begun, its work was done, or the cluster moved on. */
export interface FinalizeProgress {
  step: FinalizeStep;
  state: "begun" | "worked" | "passed";
}

/** The build that finalizes, and what it works with. */
export interface FinalizeDeps {
  database: Database;
  log: Log;
  version: string;
  /** Who does it; shown to operators. */
  by: string;
  gates: readonly Gate[];
  backfills: readonly Backfill[];
  components: readonly OwnedComponent[];
  /** For instances, and for runs, to take over what changed; default 10 minutes. */
  waitMaxMs?: number;
  signal?: AbortSignal;
  /** Awaited, in order. */
  onStep?(progress: FinalizeProgress): void | Promise<void>;
}

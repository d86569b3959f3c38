import type { EngineOptions } from "@evertrack/engine";
import type { Gates } from "../features/upgrades/index.ts";
import type { Config } from "../platform/config/index.ts";
import { afterCommit, type Database, executorOf, type Tx } from "../platform/db/index.ts";
import { engineSettings } from "../platform/engine/index.ts";
import type { Log } from "../platform/log/log.ts";
import type { Features } from "./features.ts";
import { VERSION } from "./version.ts";

interface Parts {
  config: Config;
  database: Database;
  log: Log;
  instanceId: string;
  features: Features;
  /** See EngineOptions; always, when left out. */
  mayClaim?: () => boolean;
  /** All closed when left out. */
  gates?: Gates;
}

/** The engine as this instance's role wants it. */
export function engineOptions({
  config,
  database,
  log,
  instanceId,
  features,
  mayClaim,
  gates,
}: Parts): EngineOptions<Tx> {
  const settings = engineSettings(config);
  return {
    database: {
      executor: database.executor,
      transaction: (work) => database.transaction(work),
      executorOf,
      afterCommit,
    },
    instance: { id: instanceId, version: VERSION },
    log,
    workflows: features.workflows,
    activities: features.activities,
    queues: settings.queues,
    workers: { enabled: settings.workersEnabled, perQueue: settings.workers },
    leaderElection: settings.leaderElection,
    lease: settings.lease,
    cron: settings.schedulerEnabled ? features.schedule : [],
    retention: settings.retention,
    polling: settings.polling,
    ...(mayClaim === undefined ? {} : { mayClaim }),
    ...(gates === undefined ? {} : { gate: async (name: string) => gates.isOpen(name) }),
  };
}

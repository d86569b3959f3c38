import { createEngine, type EngineClient } from "@evertrack/engine";
import {
  type FinalizeDeps,
  GATES,
  loadManifest,
  loadRecordedManifest,
  type RollbackDeps,
} from "../features/upgrades/index.ts";
import type { Config } from "../platform/config/index.ts";
import { afterCommit, type Database, executorOf, type Tx } from "../platform/db/index.ts";
import type { Log } from "../platform/log/log.ts";
import { BACKFILLS } from "./backfills.ts";
import { migratedComponents } from "./migrated-components.ts";
import { VERSION } from "./version.ts";

interface Parts {
  config: Config;
  database: Database;
  log: Log;
  /** Who finalizes or rolls back; shown to operators. */
  by: string;
}

/** What `finalizeUpgrade` of this build works with. */
export function finalizeDeps({ config, database, log, by }: Parts): FinalizeDeps {
  const components = migratedComponents(config);
  return { database, log, by, version: VERSION, gates: GATES, backfills: BACKFILLS, components };
}

/** What `rollbackUpgrade` of this build works with; without a client one of an engine that is never started. */
export function rollbackDeps({ database, log, by, client }: Parts & { client?: EngineClient<Tx> }): RollbackDeps {
  return { database, client: client ?? idleClient(database, log, by), log, by, version: VERSION, workflowsOf };
}

function idleClient(database: Database, log: Log, id: string): EngineClient<Tx> {
  const { client } = createEngine<Tx>({
    database: {
      executor: database.executor,
      transaction: (work) => database.transaction(work),
      executorOf,
      afterCommit,
    },
    instance: { id, version: VERSION },
    log,
    workflows: [],
    activities: [],
    queues: [],
    workers: { enabled: false },
  });
  return client;
}

/** From the record its release was made with, or from this build itself. */
function workflowsOf(version: string): readonly string[] | undefined {
  const own = loadManifest();
  const manifest = own.version === version ? own : loadRecordedManifest(version);
  return manifest?.workflows.map(({ name }) => name);
}

import type { Clock } from "../../platform/clock/clock.ts";
import type { Database, Db } from "../../platform/db/index.ts";
import type { Log } from "../../platform/log/log.ts";
import type { AccessControlSwitch } from "./scope-of.ts";

/** What the projects feature is given by boot. */
export interface ProjectsDeps {
  database: Database;
  settings: AccessControlSwitch;
  clock: Clock;
  log: Log;
  /** Current metrics JSON per project row id, from the metrics feature above; absent = not shown. */
  metricsOf?: (db: Db, projectIds: readonly number[]) => Promise<ReadonlyMap<number, unknown>>;
  /** What a project itself depends on, as the text of a JSON array, from the components feature above; absent = not shown. */
  directDependenciesOf?: (db: Db, projectId: number) => Promise<string | undefined>;
  /** Empties the inventory of a project in bounded steps before it is deleted, from the components feature above. */
  emptyProject?: (database: Database, projectId: number) => Promise<void>;
}

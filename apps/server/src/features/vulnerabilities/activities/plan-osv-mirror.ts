import { vulnDataSourcePath } from "@evertrack/contract/v2/vuln-data-sources";
import { type Activity, defineActivity, Terminal } from "@evertrack/engine/authoring";
import type { Database, Tx } from "../../../platform/db/index.ts";
import { readOsvConfig } from "../queries/osv-config.ts";

/** What a mirror run has to do, as configured when it began. */
export interface MirrorPlan {
  ecosystems: string[];
}

/** Reads the plan; a data source that was switched off in the meantime ends the run. */
export function planOsvMirror(database: Database): Activity<{ name: string }, MirrorPlan, Tx> {
  return defineActivity({
    name: "plan-osv-mirror",
    input: (raw) => vulnDataSourcePath.parse(raw),
    async execute(_ctx, { name }) {
      if (name !== "osv") throw new Terminal(`there is no vulnerability data source "${name}"`);
      const { enabled, ecosystems } = await readOsvConfig(database.db);
      if (!enabled) throw new Terminal(`the vulnerability data source "${name}" is not enabled`);
      return { ecosystems: [...new Set(ecosystems)] };
    },
  });
}

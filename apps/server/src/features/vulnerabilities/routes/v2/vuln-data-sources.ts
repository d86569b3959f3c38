import { vulnDataSourcePath } from "@evertrack/contract/v2/vuln-data-sources";
import type { EngineClient } from "@evertrack/engine";
import type { Database, Tx } from "../../../../platform/db/index.ts";
import { type Route, route } from "../../../../platform/http/index.ts";
import { type GateDeps, requestMirror } from "../../commands/start-mirror-run.ts";
import { latestMirrorRun } from "../../queries/mirror-run.ts";

const RUNS = "/api/v2/vuln-data-sources/:name/mirror-runs";

/** Starting and watching mirrors of vulnerability data sources (spec/api-v2.md). */
export function vulnDataSourceRoutes(database: Database, client: EngineClient<Tx>, gates: GateDeps): Route[] {
  return [
    route({
      method: "POST",
      path: RUNS,
      access: ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_UPDATE"],
      params: vulnDataSourcePath,
      async handle({ params: { name }, reply }) {
        await requestMirror(database, client, name, gates);
        reply
          .status(202)
          .header("Location", `/api/v2/vuln-data-sources/${encodeURIComponent(name)}/mirror-runs/latest`);
      },
    }),
    route({
      method: "GET",
      path: `${RUNS}/latest`,
      access: ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_READ"],
      params: vulnDataSourcePath,
      handle: ({ params: { name } }) => latestMirrorRun(database.db, client, name),
    }),
  ];
}

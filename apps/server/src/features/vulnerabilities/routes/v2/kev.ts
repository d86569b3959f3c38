import { kevAssertionsPath, kevDataSourcePath } from "@evertrack/contract/v2/kev-data-sources";
import type { EngineClient } from "@evertrack/engine";
import type { Database, Tx } from "../../../../platform/db/index.ts";
import { type Route, route } from "../../../../platform/http/index.ts";
import { requestKevMirror } from "../../commands/start-kev-mirror.ts";
import type { GateDeps } from "../../commands/start-mirror-run.ts";
import { latestKevMirrorRun, listKevAssertions } from "../../queries/kev-assertions.ts";

const RUNS = "/api/v2/kev-data-sources/:name/mirror-runs";

/** Known exploited vulnerabilities: starting and watching mirrors, and who says so (spec/api-v2.md). */
export function kevRoutes(database: Database, client: EngineClient<Tx>, gates: GateDeps): Route[] {
  return [
    route({
      method: "POST",
      path: RUNS,
      access: ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_UPDATE"],
      params: kevDataSourcePath,
      async handle({ params: { name }, reply }) {
        await requestKevMirror(database, client, name, gates);
        reply.status(202).header("Location", `/api/v2/kev-data-sources/${encodeURIComponent(name)}/mirror-runs/latest`);
      },
    }),
    route({
      method: "GET",
      path: `${RUNS}/latest`,
      access: ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_READ"],
      params: kevDataSourcePath,
      handle: ({ params: { name } }) => latestKevMirrorRun(database.db, client, name),
    }),
    route({
      method: "GET",
      path: "/api/v2/vulns/:source/:vuln_id/kev-assertions",
      access: ["VIEW_VULNERABILITY"],
      params: kevAssertionsPath,
      handle: ({ params: { source, vuln_id } }) => listKevAssertions(database.db, source, vuln_id),
    }),
  ];
}

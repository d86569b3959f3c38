import type { EngineClient } from "@evertrack/engine";
import type { Database, Tx } from "../../../../platform/db/index.ts";
import { type Route, route } from "../../../../platform/http/index.ts";
import { requestEpssMirror } from "../../commands/start-epss-mirror.ts";
import type { GateDeps } from "../../commands/start-mirror-run.ts";
import { readLatestEpssRun } from "../../epss-state.ts";
import { mirrorRunStatusOf } from "../../queries/run-status.ts";

const RUNS = "/api/v2/epss/mirror-runs";

/** EPSS: starting and watching its mirror. Addresses of our own: the settings are properties of v1, not those of an extension. */
export function epssRoutes(database: Database, client: EngineClient<Tx>, gates: GateDeps): Route[] {
  return [
    route({
      method: "POST",
      path: RUNS,
      access: ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_UPDATE"],
      async handle({ reply }) {
        await requestEpssMirror(database, client, gates);
        reply.status(202).header("Location", `${RUNS}/latest`);
      },
    }),
    route({
      method: "GET",
      path: `${RUNS}/latest`,
      access: ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_READ"],
      handle: async () => mirrorRunStatusOf(client, await readLatestEpssRun(database.db)),
    }),
  ];
}

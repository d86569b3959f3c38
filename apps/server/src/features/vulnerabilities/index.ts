import type { EngineClient } from "@evertrack/engine";
import type { Config } from "../../platform/config/index.ts";
import type { Database, Tx } from "../../platform/db/index.ts";
import type { ScheduledRun } from "../../platform/engine/index.ts";
import type { Outbound } from "../../platform/outbound/index.ts";
import { mirrorOsvEcosystem } from "./activities/mirror-osv-ecosystem.ts";
import { planOsvMirror } from "./activities/plan-osv-mirror.ts";
import { startMirror } from "./commands/start-mirror-run.ts";
import { vulnerabilityProperties } from "./config.ts";
import { osvExtension } from "./osv-extension.ts";
import { readOsvConfig } from "./queries/osv-config.ts";
import { vulnerabilityRoutes } from "./routes/v1/vulnerability.ts";
import { vulnDataSourceRoutes } from "./routes/v2/vuln-data-sources.ts";
import { mirrorVulnDataSource } from "./workflows/mirror-vuln-data-source.ts";

export { vulnerabilityProperties } from "./config.ts";
export { ADVISORIES_CHANGED, type AdvisoriesChanged } from "./events.ts";
export { aliasesJson, referencesText, severityName } from "./rules/vulnerability-json.ts";
export {
  type AffectingAdvisory,
  advisoriesForPackageKeys,
  findVulnerability,
  type VulnerabilityDetails,
  vulnerabilityDetails,
} from "./store/reading.ts";

interface VulnerabilitiesDeps {
  config: Config;
  database: Database;
  outbound: Outbound;
  client: EngineClient<Tx>;
}

/** Vulnerabilities and where they come from. */
export function vulnerabilitiesFeature({ config, database, outbound, client }: VulnerabilitiesDeps) {
  const fileRoots = config.get(vulnerabilityProperties.fileRoots);
  const allowLocal = config.get(vulnerabilityProperties.osvAllowLocal);
  const schedule: ScheduledRun[] = [
    {
      name: "osv-vuln-data-source-mirror",
      schedule: config.get(vulnerabilityProperties.osvMirrorCron),
      async start(tx, engine) {
        if ((await readOsvConfig(tx)).enabled) await startMirror(tx, engine, "osv");
      },
    },
  ];
  return {
    routes: [...vulnerabilityRoutes(database.db), ...vulnDataSourceRoutes(database, client)],
    workflows: [mirrorVulnDataSource],
    activities: [planOsvMirror(database), mirrorOsvEcosystem({ database, outbound, allowLocal, fileRoots })],
    schedule,
    extensions: [osvExtension(fileRoots)],
  };
}

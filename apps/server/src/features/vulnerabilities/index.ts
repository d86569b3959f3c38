import type { EngineClient } from "@evertrack/engine";
import type { Clock } from "../../platform/clock/clock.ts";
import type { Config } from "../../platform/config/index.ts";
import type { Database, Tx } from "../../platform/db/index.ts";
import { periodOf, type ScheduledRun } from "../../platform/engine/index.ts";
import type { Outbound } from "../../platform/outbound/index.ts";
import { mirrorOsvEcosystem } from "./activities/mirror-osv-ecosystem.ts";
import { planOsvMirror } from "./activities/plan-osv-mirror.ts";
import { startOverdueMirror, startScheduledMirror } from "./commands/start-mirror-run.ts";
import { vulnerabilityProperties } from "./config.ts";
import { osvExtension } from "./osv-extension.ts";
import { calculatorRoutes } from "./routes/v1/calculator.ts";
import { cweRoutes } from "./routes/v1/cwe.ts";
import { privateVulnerabilityRoutes } from "./routes/v1/private-vulnerability.ts";
import { vulnerabilityRoutes } from "./routes/v1/vulnerability.ts";
import { vulnDataSourceRoutes } from "./routes/v2/vuln-data-sources.ts";
import { mirrorVulnDataSource } from "./workflows/mirror-vuln-data-source.ts";

export { vulnerabilityProperties } from "./config.ts";
export { ADVISORIES_CHANGED, type AdvisoriesChanged } from "./events.ts";
export { aliasesJson, referencesText, severityName } from "./rules/vulnerability-json.ts";
export { deleteVulnerability, lockVulnerabilityForDeletion } from "./store/private-vulnerabilities.ts";
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
  clock: Clock;
  client: EngineClient<Tx>;
}

/** Vulnerabilities and where they come from. */
export function vulnerabilitiesFeature({ config, database, outbound, clock, client }: VulnerabilitiesDeps) {
  const fileRoots = config.get(vulnerabilityProperties.fileRoots);
  const allowLocal = config.get(vulnerabilityProperties.osvAllowLocal);
  const mirrorCron = config.get(vulnerabilityProperties.osvMirrorCron);
  const schedule: ScheduledRun[] = [
    {
      name: "osv-vuln-data-source-mirror",
      schedule: mirrorCron,
      async start(tx, engine) {
        await startScheduledMirror(tx, engine);
      },
      async atStart(tx, engine, delayMs) {
        await startOverdueMirror(tx, engine, { periodMs: periodOf(mirrorCron), delayMs });
      },
    },
  ];
  return {
    routes: [
      ...vulnerabilityRoutes(database.db),
      ...privateVulnerabilityRoutes({ database, clock }),
      ...calculatorRoutes(),
      ...cweRoutes(),
      ...vulnDataSourceRoutes(database, client),
    ],
    workflows: [mirrorVulnDataSource],
    activities: [planOsvMirror(database), mirrorOsvEcosystem({ database, outbound, allowLocal, fileRoots })],
    schedule,
    extensions: [osvExtension(fileRoots)],
  };
}

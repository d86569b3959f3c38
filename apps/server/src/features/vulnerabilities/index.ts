import type { EngineClient } from "@evertrack/engine";
import type { Clock } from "../../platform/clock/clock.ts";
import type { Config } from "../../platform/config/index.ts";
import type { Database, Tx } from "../../platform/db/index.ts";
import { periodOf, type ScheduledRun } from "../../platform/engine/index.ts";
import type { Outbound } from "../../platform/outbound/index.ts";
import { mirrorEpssScores } from "./activities/mirror-epss-scores.ts";
import { mirrorGithubAdvisories } from "./activities/mirror-github-advisories.ts";
import { mirrorKevFeed } from "./activities/mirror-kev-feed.ts";
import { mirrorNvdFeed } from "./activities/mirror-nvd-feed.ts";
import { mirrorOsvEcosystem } from "./activities/mirror-osv-ecosystem.ts";
import { planNvdMirror } from "./activities/plan-nvd-mirror.ts";
import { planOsvMirror } from "./activities/plan-osv-mirror.ts";
import { startOverdueEpssMirror, startScheduledEpssMirror } from "./commands/start-epss-mirror.ts";
import { startOverdueGithubMirror, startScheduledGithubMirror } from "./commands/start-github-mirror.ts";
import { startOverdueKevMirrors, startScheduledKevMirrors } from "./commands/start-kev-mirror.ts";
import {
  startOverdueMirror,
  startOverdueNvdMirror,
  startScheduledMirror,
  startScheduledNvdMirror,
} from "./commands/start-mirror-run.ts";
import { kevAllowLocal, vulnerabilityProperties } from "./config.ts";
import { githubExtension } from "./github-extension.ts";
import { KEV_SOURCES, kevExtension } from "./kev-extensions.ts";
import { nvdExtension } from "./nvd-extension.ts";
import { osvExtension } from "./osv-extension.ts";
import { calculatorRoutes } from "./routes/v1/calculator.ts";
import { cweRoutes } from "./routes/v1/cwe.ts";
import { privateVulnerabilityRoutes } from "./routes/v1/private-vulnerability.ts";
import { vulnerabilityRoutes } from "./routes/v1/vulnerability.ts";
import { vulnerabilityTagRoutes } from "./routes/v1/vulnerability-tags.ts";
import { epssRoutes } from "./routes/v2/epss.ts";
import { kevRoutes } from "./routes/v2/kev.ts";
import { vulnDataSourceRoutes } from "./routes/v2/vuln-data-sources.ts";
import { mirrorEpss } from "./workflows/mirror-epss.ts";
import { mirrorGithub } from "./workflows/mirror-github.ts";
import { mirrorKevDataSource } from "./workflows/mirror-kev-data-source.ts";
import { mirrorNvd } from "./workflows/mirror-nvd.ts";
import { mirrorVulnDataSource } from "./workflows/mirror-vuln-data-source.ts";

export { reportedKey, storeReported } from "./commands/store-reported.ts";
export { vulnerabilityProperties } from "./config.ts";
export {
  ADVISORIES_CHANGED,
  type AdvisoriesChanged,
  EXPLOITATION_CHANGED,
} from "./events.ts";
export { presentVulnerability } from "./presentation.ts";
export { type ReportedVulnerability, reportedVulnerability } from "./reported-vulnerability.ts";
export { aliasesJson, referencesText, severityName } from "./rules/vulnerability-json.ts";
export {
  type AffectingCpe,
  advisoriesForCpeProducts,
  type CpeProductVersion,
} from "./store/affected-cpes.ts";
export { epssOfVulnerability, isKnownExploited } from "./store/exploitation.ts";
export { deleteVulnerability, lockVulnerabilityForDeletion } from "./store/private-vulnerabilities.ts";
export {
  type AffectingAdvisory,
  advisoriesForPackageKeys,
  findVulnerability,
  findVulnerabilityByUuid,
  type VulnerabilityDetails,
  vulnerabilityDetails,
} from "./store/reading.ts";

interface VulnerabilitiesDeps {
  config: Config;
  database: Database;
  outbound: Outbound;
  clock: Clock;
  client: EngineClient<Tx>;
  /** Whether the gate of this name is open. */
  gateOpen(name: string): boolean;
}

/** Vulnerabilities and where they come from. */
export function vulnerabilitiesFeature(deps: VulnerabilitiesDeps) {
  const { config, database, outbound, clock, client, gateOpen } = deps;
  const fileRoots = config.get(vulnerabilityProperties.fileRoots);
  const allowLocal = config.get(vulnerabilityProperties.osvAllowLocal);
  const mirrorCron = config.get(vulnerabilityProperties.osvMirrorCron);
  const nvdMirrorCron = config.get(vulnerabilityProperties.nvdMirrorCron);
  const nvdAllowLocal = config.get(vulnerabilityProperties.nvdAllowLocal);
  const kevMirrorCron = config.get(vulnerabilityProperties.kevMirrorCron);
  const epssMirrorCron = config.get(vulnerabilityProperties.epssMirrorCron);
  const epssAllowLocal = config.get(vulnerabilityProperties.epssAllowLocal);
  const kevLocal = KEV_SOURCES.map(({ name }) => name).filter((name) => config.get(kevAllowLocal[name]));
  const vulncheck = {
    token: config.get(vulnerabilityProperties.vulncheckToken),
    tokenHosts: config.get(vulnerabilityProperties.vulncheckTokenHosts),
  };
  const githubMirrorCron = config.get(vulnerabilityProperties.githubMirrorCron);
  const github = {
    allowLocal: config.get(vulnerabilityProperties.githubAllowLocal),
    token: config.get(vulnerabilityProperties.githubApiToken),
    tokenHosts: config.get(vulnerabilityProperties.githubTokenHosts),
  };
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
    {
      name: "github-advisory-vuln-data-source-mirror",
      schedule: githubMirrorCron,
      async start(tx, engine) {
        await startScheduledGithubMirror(tx, engine, { gateOpen });
      },
      async atStart(tx, engine, delayMs) {
        await startOverdueGithubMirror(tx, engine, { periodMs: periodOf(githubMirrorCron), delayMs, gateOpen });
      },
    },
    {
      name: "nvd-vuln-data-source-mirror",
      schedule: nvdMirrorCron,
      async start(tx, engine) {
        await startScheduledNvdMirror(tx, engine, { gateOpen });
      },
      async atStart(tx, engine, delayMs) {
        await startOverdueNvdMirror(tx, engine, { periodMs: periodOf(nvdMirrorCron), delayMs, gateOpen });
      },
    },
    {
      name: "kev-mirror",
      schedule: kevMirrorCron,
      async start(tx, engine) {
        await startScheduledKevMirrors(tx, engine, { gateOpen });
      },
      async atStart(tx, engine, delayMs) {
        await startOverdueKevMirrors(tx, engine, { periodMs: periodOf(kevMirrorCron), delayMs, gateOpen });
      },
    },
    {
      name: "epss-mirror",
      schedule: epssMirrorCron,
      async start(tx, engine) {
        await startScheduledEpssMirror(tx, engine, { gateOpen });
      },
      async atStart(tx, engine, delayMs) {
        await startOverdueEpssMirror(tx, engine, { periodMs: periodOf(epssMirrorCron), delayMs, gateOpen });
      },
    },
  ];
  return {
    routes: [
      ...vulnerabilityRoutes(database.db),
      ...privateVulnerabilityRoutes({ database, clock, gateOpen }),
      ...vulnerabilityTagRoutes({ database, gateOpen }),
      ...calculatorRoutes(),
      ...cweRoutes(),
      ...vulnDataSourceRoutes(database, client, { gateOpen }),
      ...kevRoutes(database, client, { gateOpen }),
      ...epssRoutes(database, client, { gateOpen }),
    ],
    workflows: [mirrorVulnDataSource, mirrorNvd, mirrorGithub, mirrorKevDataSource, mirrorEpss],
    activities: [
      planOsvMirror(database),
      mirrorOsvEcosystem({ database, outbound, allowLocal, fileRoots, gateOpen }),
      planNvdMirror({ database, clock }),
      mirrorNvdFeed({ database, outbound, allowLocal: nvdAllowLocal, fileRoots }),
      mirrorGithubAdvisories({ ...github, database, outbound, clock, fileRoots }),
      mirrorKevFeed({ database, outbound, clock, allowLocal: new Set(kevLocal), vulncheck, fileRoots }),
      mirrorEpssScores({ database, outbound, allowLocal: epssAllowLocal, fileRoots }),
    ],
    schedule,
    extensions: [
      osvExtension(fileRoots),
      nvdExtension(fileRoots),
      githubExtension(fileRoots),
      ...KEV_SOURCES.map((source) => kevExtension(source, fileRoots)),
    ],
  };
}

import type { Activity, Engine, EngineClient, Workflow } from "@evertrack/engine";
import { accessFeature, seedAccess } from "../features/access/index.ts";
import {
  analysisFeature,
  analysisProperties,
  externalAnalyzers,
  startAnalysisOfChange,
  startAnalysisOfImport,
} from "../features/analysis/index.ts";
import { clusterFeature, clusterProperties } from "../features/cluster/index.ts";
import { comparisonFeature } from "../features/comparison/index.ts";
import {
  componentProperties,
  componentsFeature,
  emptyProject,
  GraphTexts,
  projectDependenciesText,
} from "../features/components/index.ts";
import { exportsFeature } from "../features/exports/index.ts";
import { findingsFeature } from "../features/findings/index.ts";
import { ingestionFeature, ingestionProperties } from "../features/ingestion/index.ts";
import { licensesFeature, seedLicenses } from "../features/licenses/index.ts";
import { componentRisk, metricsFeature, metricsOf, metricsProperties } from "../features/metrics/index.ts";
import { projectProperties, projectsFeature } from "../features/projects/index.ts";
import { seedSettings, settingsFeature } from "../features/settings/index.ts";
import {
  type Backfill,
  backfillParts,
  backfillProperties,
  checkProperties,
  type Finalizing,
  type Gates,
  upgradeProperties,
  upgradesFeature,
} from "../features/upgrades/index.ts";
import { vulnerabilitiesFeature, vulnerabilityProperties } from "../features/vulnerabilities/index.ts";
import type { Clock } from "../platform/clock/clock.ts";
import type { Config, Property } from "../platform/config/index.ts";
import type { Database, Tx } from "../platform/db/index.ts";
import {
  engineSettings,
  type HousekeepingTask,
  housekeepingWork,
  housekeepingWorkflow,
  type ScheduledRun,
  StartUpRuns,
  scheduled,
  startUpProperties,
} from "../platform/engine/index.ts";
import type { FileStore } from "../platform/files/index.ts";
import { type Authenticate, type Route, SnapshotStreams } from "../platform/http/index.ts";
import type { Log } from "../platform/log/log.ts";
import { createOutbound, outboundProperties, outboundSettings } from "../platform/outbound/index.ts";
import type { Subscriber } from "../platform/outbox/index.ts";
import type { Metrics } from "../platform/telemetry/index.ts";
import { BACKFILLS } from "./backfills.ts";
import { lateClient } from "./late-client.ts";
import { finalizeDeps, rollbackDeps } from "./upgrade.ts";
import { BUILT_AT, VERSION } from "./version.ts";

export interface FeatureDeps {
  config: Config;
  database: Database;
  files: FileStore;
  clock: Clock;
  log: Log;
  /** Of this instance; all closed, when left out. */
  gates?: Pick<Gates, "isOpen">;
  /** Instead of those of the features; for tests. */
  backfills?: readonly Backfill[];
}

/** Everything the features bring, ready to be handed to the servers and the engine. */
export interface Features {
  routes: Route[];
  authenticate: Authenticate;
  workflows: Workflow<unknown, unknown>[];
  activities: Activity<unknown, unknown, Tx>[];
  schedule: ScheduledRun[];
  subscribers: Subscriber[];
  backfills: readonly Backfill[];
  /** Finalizing an upgrade in the background of this instance. */
  finalizing: Finalizing;
  addMetrics(metrics: Metrics): void;
  /** Gives commands that start runs the engine; called once, before requests are taken. */
  connect(engine: Engine<Tx>): void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Properties features declare. */
export const featureProperties: readonly Property<unknown>[] = [
  ...Object.values(analysisProperties),
  ...Object.values(backfillProperties),
  ...Object.values(checkProperties),
  ...Object.values(clusterProperties),
  ...Object.values(componentProperties),
  ...Object.values(ingestionProperties),
  ...Object.values(metricsProperties),
  ...Object.values(projectProperties),
  ...Object.values(upgradeProperties),
  ...Object.values(vulnerabilityProperties),
  ...Object.values(outboundProperties),
  ...Object.values(startUpProperties),
];

/** Puts the features together, lower ranks first. */
export function composeFeatures(deps: FeatureDeps): Features {
  const late = lateClient();
  const access = accessFeature(deps);
  const cluster = clusterFeature({ ...deps, client: late.client, version: VERSION, builtAt: BUILT_AT });
  const outbound = createOutbound(outboundSettings(deps.config, process.env));
  const gateOpen = (name: string) => deps.gates?.isOpen(name) ?? false;
  const vulnerabilities = vulnerabilitiesFeature({ ...deps, outbound, client: late.client, gateOpen });
  const analyzers = externalAnalyzers({ config: deps.config, outbound });
  const extensions = [...vulnerabilities.extensions, ...analyzers.map(({ extension }) => extension)];
  const settings = settingsFeature({ ...deps, extensions });
  const withSettings = { ...deps, settings: settings.settings, client: late.client };
  const licenses = licensesFeature(deps);
  const graphTexts = new GraphTexts();
  const projects = projectsFeature({
    ...withSettings,
    emptyProject,
    metricsOf,
    directDependenciesOf: (db, projectId) => projectDependenciesText(graphTexts, db, projectId),
  });
  const components = componentsFeature({
    ...withSettings,
    gateOpen,
    graphTexts,
    risk: componentRisk(settings.settings),
    startAnalysis: (tx, project) => startAnalysisOfChange(late.client, tx, project),
  });
  const ingestion = ingestionFeature({
    ...withSettings,
    gateOpen,
    release: VERSION,
    engine: late.client,
    startAnalysis: (tx, subject) => startAnalysisOfImport(late.client, tx, subject),
  });
  const comparison = comparisonFeature(withSettings);
  const streams = new SnapshotStreams(deps.database, deps.log);
  const findings = findingsFeature({ ...withSettings, streams, version: VERSION });
  const exported = exportsFeature({ ...withSettings, streams, version: VERSION });
  const metrics = metricsFeature(withSettings);
  const analysis = analysisFeature({ ...withSettings, analyzers, gateOpen });
  const declared: readonly Backfill[] = deps.backfills ?? BACKFILLS;
  const backfills = backfillParts({ ...deps, client: late.client, backfills: declared });
  const upgrades = upgradesFeature({
    ...deps,
    finalizeDeps: (by) => ({ ...finalizeDeps({ ...deps, by }), backfills: declared }),
    rollbackDeps: (by) => rollbackDeps({ ...deps, by, client: late.client }),
  });
  const housekeeping: HousekeepingTask[] = [
    ...access.cron,
    ...components.housekeeping,
    ...metrics.housekeeping,
    ...analysis.housekeeping,
    ...projects.housekeeping,
    ...ingestion.housekeeping,
  ];
  const schedule = [
    ...housekeeping.map(scheduled),
    ...vulnerabilities.schedule,
    ...metrics.schedule,
    ...analysis.schedule,
    ...backfills.schedule,
  ];
  const startUp = startUpOf(deps, schedule, late.client);
  return {
    routes: [
      ...access.routes,
      ...settings.routes,
      ...cluster.routes,
      ...projects.routes,
      ...licenses.routes,
      ...components.routes,
      ...vulnerabilities.routes,
      ...findings.routes,
      ...exported.routes,
      ...metrics.routes,
      ...analysis.routes,
      ...ingestion.routes,
      ...comparison.routes,
      ...backfills.routes,
      ...upgrades.routes,
    ],
    authenticate: access.authenticate,
    workflows: [
      housekeepingWorkflow,
      ...vulnerabilities.workflows,
      ...components.workflows,
      ...metrics.workflows,
      ...analysis.workflows,
      ...ingestion.workflows,
      ...backfills.workflows,
    ],
    activities: [
      housekeepingWork(housekeeping),
      ...vulnerabilities.activities,
      ...components.activities,
      ...metrics.activities,
      ...analysis.activities,
      ...ingestion.activities,
      ...backfills.activities,
    ],
    schedule,
    subscribers: [...analysis.subscribers, ...metrics.subscribers],
    backfills: declared,
    finalizing: upgrades.finalizing,
    addMetrics: backfills.addMetrics,
    connect(engine) {
      late.connect(engine);
      startUp?.watch(engine);
    },
    async start() {
      await backfills.register();
      access.start();
    },
    async stop() {
      startUp?.stop();
      await upgrades.stop();
      await ingestion.stop();
      await outbound.close();
      await access.stop();
    },
  };
}

/** Undefined on an instance that fires no tasks. */
function startUpOf(deps: FeatureDeps, tasks: ScheduledRun[], client: EngineClient<Tx>): StartUpRuns | undefined {
  const { schedulerEnabled, leaderElection } = engineSettings(deps.config);
  const delayMaxMs = deps.config.get(startUpProperties.delayMaxMs);
  return schedulerEnabled && leaderElection.enabled
    ? new StartUpRuns({ ...deps, tasks, client, delayMaxMs })
    : undefined;
}

/** Inserts defaults that are missing; the last of the init tasks. */
export async function seedFeatures(config: Config, database: Database): Promise<void> {
  await seedAccess(database, config);
  await seedSettings(database);
  await seedLicenses(database);
}

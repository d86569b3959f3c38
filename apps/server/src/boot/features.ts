import type { Activity, Engine, EngineClient, Workflow } from "@evertrack/engine";
import { accessFeature, seedAccess } from "../features/access/index.ts";
import { analysisFeature, analysisProperties, startAnalyzeProject } from "../features/analysis/index.ts";
import { clusterFeature, clusterProperties } from "../features/cluster/index.ts";
import { componentProperties, componentsFeature, emptyProject } from "../features/components/index.ts";
import { findingsFeature } from "../features/findings/index.ts";
import { ingestionFeature, ingestionProperties } from "../features/ingestion/index.ts";
import { metricsFeature, metricsOf, metricsProperties } from "../features/metrics/index.ts";
import { projectProperties, projectsFeature } from "../features/projects/index.ts";
import { seedSettings, settingsFeature } from "../features/settings/index.ts";
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
import type { Authenticate, Route } from "../platform/http/index.ts";
import type { Log } from "../platform/log/log.ts";
import { createOutbound, outboundProperties, outboundSettings } from "../platform/outbound/index.ts";
import type { Subscriber } from "../platform/outbox/index.ts";
import { lateClient } from "./late-client.ts";
import { BUILT_AT, VERSION } from "./version.ts";

export interface FeatureDeps {
  config: Config;
  database: Database;
  files: FileStore;
  clock: Clock;
  log: Log;
}

/** Everything the features bring, ready to be handed to the servers and the engine. */
export interface Features {
  routes: Route[];
  authenticate: Authenticate;
  workflows: Workflow<unknown, unknown>[];
  activities: Activity<unknown, unknown, Tx>[];
  schedule: ScheduledRun[];
  subscribers: Subscriber[];
  /** Gives commands that start runs the engine; called once, before requests are taken. */
  connect(engine: Engine<Tx>): void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Properties features declare. */
export const featureProperties: readonly Property<unknown>[] = [
  ...Object.values(analysisProperties),
  ...Object.values(clusterProperties),
  ...Object.values(componentProperties),
  ...Object.values(ingestionProperties),
  ...Object.values(metricsProperties),
  ...Object.values(projectProperties),
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
  const vulnerabilities = vulnerabilitiesFeature({ ...deps, outbound, client: late.client });
  const settings = settingsFeature({ ...deps, extensions: vulnerabilities.extensions });
  const withSettings = { ...deps, settings: settings.settings, client: late.client };
  const projects = projectsFeature({ ...withSettings, emptyProject, metricsOf });
  const components = componentsFeature(withSettings);
  const ingestion = ingestionFeature({
    ...withSettings,
    engine: late.client,
    async startAnalyzeProject(tx, subject) {
      await startAnalyzeProject(late.client, tx, subject);
    },
  });
  const findings = findingsFeature(withSettings);
  const metrics = metricsFeature(withSettings);
  const analysis = analysisFeature(withSettings);
  const housekeeping: HousekeepingTask[] = [
    ...access.cron,
    ...components.housekeeping,
    ...metrics.housekeeping,
    ...projects.housekeeping,
    ...ingestion.housekeeping,
  ];
  const schedule = [
    ...housekeeping.map(scheduled),
    ...vulnerabilities.schedule,
    ...metrics.schedule,
    ...analysis.schedule,
  ];
  const startUp = startUpOf(deps, schedule, late.client);
  return {
    routes: [
      ...access.routes,
      ...settings.routes,
      ...cluster.routes,
      ...projects.routes,
      ...components.routes,
      ...vulnerabilities.routes,
      ...findings.routes,
      ...metrics.routes,
      ...analysis.routes,
      ...ingestion.routes,
    ],
    authenticate: access.authenticate,
    workflows: [
      housekeepingWorkflow,
      ...vulnerabilities.workflows,
      ...metrics.workflows,
      ...analysis.workflows,
      ...ingestion.workflows,
    ],
    activities: [
      housekeepingWork(housekeeping),
      ...vulnerabilities.activities,
      ...metrics.activities,
      ...analysis.activities,
      ...ingestion.activities,
    ],
    schedule,
    subscribers: analysis.subscribers,
    connect(engine) {
      late.connect(engine);
      startUp?.watch(engine);
    },
    async start() {
      access.start();
    },
    async stop() {
      startUp?.stop();
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
}

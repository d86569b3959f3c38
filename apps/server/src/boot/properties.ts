import { accessProperties } from "../features/access/index.ts";
import { type Config, type Property, PropertyError, profileProperty, property } from "../platform/config/index.ts";
import { dataSourceProperties } from "../platform/db/index.ts";
import { allEngineProperties } from "../platform/engine/index.ts";
import { fileProperties } from "../platform/files/index.ts";
import { managementProperties } from "../platform/health/index.ts";
import { httpProperties } from "../platform/http/index.ts";
import { logProperties } from "../platform/log/log.ts";
import { relayProperties } from "../platform/outbox/index.ts";
import { acceptedProperties } from "./accepted-properties.ts";
import { backupProperties } from "./backup-properties.ts";

export const generalProperties = {
  profile: profileProperty,
  logValues: property.boolean("dt.config.log-values", {
    default: false,
    meaning: "values are never logged",
    withoutEffect: true,
  }),
  dataDirectory: property.string("dt.data-directory", {
    default: "${user.home}/.dependency-track",
    meaning: "logs, keys, local storage",
  }),
  drainDelayMs: property.integer("dt.shutdown.drain-delay-ms", {
    default: 2500,
    min: 0,
    max: 120_000,
    meaning:
      "still accept requests for this long after a stop signal, so that proxies notice; longer than their check interval",
  }),
  graceMs: property.integer("dt.shutdown.grace-ms", {
    default: 30_000,
    min: 0,
    max: 600_000,
    meaning: "requests under way may take this long after the API port is closed before they are cut",
  }),
  workGraceMs: property.integer("dt.shutdown.work-grace-ms", {
    default: 5_000,
    min: 0,
    max: 600_000,
    meaning: "activities may take this long after a stop signal before they are handed back to other instances",
  }),
};

export const initTaskProperties = {
  enabled: property.boolean("dt.init-tasks.enabled", { default: true, meaning: "run init tasks at start" }),
  exitAfterCompletion: property.boolean("dt.init-tasks.exit-after-completion", {
    default: false,
    meaning: "exit with status 0 after init tasks",
  }),
  dataSource: property.string("dt.init-tasks.datasource.name", {
    default: "default",
    meaning: "data source of init tasks; a direct connection where the default one goes through a pooler",
  }),
  closeAfterCompletion: property.boolean("dt.init-tasks.datasource.close-after-completion", {
    default: false,
    meaning: "connections of init tasks are always closed",
    withoutEffect: true,
  }),
  engineDataSource: property.string("dt.dex-engine.migration.datasource.name", {
    meaning: "data source for the engine's migrations; unset = that of the other init tasks",
  }),
  databaseMigration: property.boolean("dt.init-task.database-migration.enabled", {
    default: true,
    meaning: "migrate the product's schema",
  }),
  engineMigration: property.boolean("dt.init-task.dex-engine-database-migration.enabled", {
    default: true,
    meaning: "migrate the engine's schema",
  }),
  seeding: property.boolean("dt.init-task.database-seeding.enabled", {
    default: true,
    meaning: "insert missing defaults",
  }),
  partitions: property.boolean("dt.init-task.database-partition-maintenance.enabled", {
    default: true,
    meaning: "metrics are not partitioned",
    withoutEffect: true,
  }),
};

/** Switches of things this version does not do: turning one on refuses the start instead of being without effect. */
const NOT_BUILT: readonly Property<boolean | string>[] = [
  property.boolean("dt.ldap.enabled", { default: false, meaning: "LDAP login; not built yet" }),
  property.boolean("dt.oidc.enabled", { default: false, meaning: "OpenID Connect login; not built yet" }),
  property.string("dt.vuln-policy-bundle.url", { meaning: "bundle of vulnerability policies; not built yet" }),
  property.boolean("dt.dev-services.enabled", { default: false, meaning: "development containers; use `npm start`" }),
];

/** Every property of this build, for the reference documentation and the check of unknown keys. */
export function declaredProperties(ofFeatures: readonly Property<unknown>[]): Property<unknown>[] {
  const groups = [
    generalProperties,
    initTaskProperties,
    dataSourceProperties,
    httpProperties,
    managementProperties,
    logProperties,
    fileProperties,
    backupProperties,
    relayProperties,
    accessProperties,
  ];
  return [
    ...groups.flatMap((group) => Object.values(group)),
    ...allEngineProperties,
    ...NOT_BUILT,
    ...acceptedProperties,
    ...ofFeatures,
  ];
}

/** Throws naming the first switch that is on although its feature is not built. */
export function refuseUnbuiltFeatures(config: Config): void {
  const on = NOT_BUILT.find((candidate) => config.find(candidate));
  if (on !== undefined)
    throw new PropertyError(on.name, String(config.get(on)), "possible in this version: the feature is not built yet");
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ineffectiveKeys, loadConfig, refusedKeys } from "../platform/config/index.ts";
import { featureProperties } from "./features.ts";
import { profileDefaults } from "./profiles.ts";
import { declaredProperties, refuseUnbuiltFeatures } from "./properties.ts";

const declared = declaredProperties(featureProperties);
const directory = mkdtempSync(join(tmpdir(), "config-"));
mkdirSync(join(directory, "config"));
afterAll(() => rmSync(directory, { recursive: true }));

function configOf(environment: Record<string, string>, workingDirectory = tmpdir()) {
  return loadConfig({ environment, workingDirectory, profileDefaults, declared });
}
const refused = (environment: Record<string, string>) =>
  refusedKeys(configOf(environment), declared).map(({ key, reason }) => `${key}: ${reason}`);

describe("the server does not start with", () => {
  test.each([
    ["ALPINE_DATABASE_URL", /version 4 name/],
    ["alpine.data.directory", /version 4 name/],
    ["bom.validation.enabled", /artifact\/bom\.validation\.mode/],
    ["TELEMETRY_SUBMISSION_ENABLED_DEFAULT", /dt\.telemetry/],
    ["DT_DATASOURCE_PASSWORD_FILE", /\$\{file::/],
    ["ldap.bind.password.file", /\$\{file::/],
    ["DT_DATASOURCE_USRNAME", /spelling/],
    ["DT_DATASOURCE_POOL_MAXSIZE", /spelling/],
    ["dt_datasource_ulr", /spelling/],
    ["DT_DEX_ENGINE_WORKER_ENABLED", /spelling/],
    ["DT_DEX_ENGINE_ACTIVITY_WORKER_VULN_ANALISIS_ENABLED", /spelling/],
    ["DT_DEX_ENGINE_ACTIVITY_WORKER_NOBODY_POLL_BACKOFF_MULTIPLIER", /spelling/],
    ["DT_DEX_ENGINE_ACTIVITY_WORKER_NOTIFICATION_QUEUE_NAME", /spelling/],
    ["DT_INIT_TASK_DATABASE_MIGRATIONS_ENABLED", /spelling/],
    ["DT_METRICS_AUTH_PASSWRD", /spelling/],
    ["DT_SHUTDOWN_DRAIN_DELAY", /spelling/],
  ])("%s, and it is named", (key, reason) => {
    const [first = ""] = refused({ [key]: "x" });
    expect(first).toContain(`${key}: `);
    expect(first).toMatch(reason);
  });

  test("a key in environment spelling in a properties file, where nobody looks for it", () => {
    writeFileSync(join(directory, "config", "application.properties"), "DT_DATASOURCE_POOL_ENABLED=false\n");
    expect(refusedKeys(configOf({}, directory), declared)).toMatchObject([
      { key: "DT_DATASOURCE_POOL_ENABLED", source: expect.stringContaining("application.properties") },
    ]);
  });

  test.each([
    ["DT_LDAP_ENABLED", "true", /dt\.ldap\.enabled.*not built yet/],
    ["DT_OIDC_ENABLED", "true", /dt\.oidc\.enabled.*not built yet/],
    ["DT_DEV_SERVICES_ENABLED", "true", /dt\.dev-services\.enabled.*not built yet/],
    ["DT_VULN_POLICY_BUNDLE_URL", "https://bundles", /dt\.vuln-policy-bundle\.url.*not built yet/],
  ])("%s=%s", (key, value, message) => {
    expect(() => refuseUnbuiltFeatures(configOf({ [key]: value }))).toThrow(message);
    expect(() => refuseUnbuiltFeatures(configOf({ [key]: "" }))).not.toThrow();
  });
  test("storage that is not offered", () => {
    const config = configOf({ DT_FILE_STORAGE_PROVIDER: "s3" });
    expect(() => declared.map((candidate) => config.find(candidate))).toThrow(
      /dt\.file-storage\.provider.*one of local/,
    );
  });
});

describe("the server starts with", () => {
  test.each([
    "DT_DATASOURCE_DIRECT_URL",
    "DT_DATASOURCE_MY_DIRECT_POOL_MAX_SIZE",
    "dt.datasource.my-direct.query-timeout-ms",
    "DT_DEX_ENGINE_ACTIVITY_WORKER_NOTIFICATION_POLL_BACKOFF_MAX_DELAY_MS",
    "DT_DEX_ENGINE_ACTIVITY_EVAL_PROJECT_POLICIES_EXECUTION_TIMEOUT_MS",
    "DT_DEX_ENGINE_METRICS_COLLECTOR_INTERVAL_MS",
    "DT_FILE_STORAGE_S3_BUCKET",
    "DT_TASK_SCHEDULER_THREADS",
    "POSTGRES_PASSWORD_FILE",
    "PATH",
  ])("%s", (key) => expect(refused({ [key]: "1" })).toEqual([]));

  test("settings without effect are told, others are not", () => {
    const environment = { DT_LDAP_SERVER_URL: "x", DT_TASK_SCHEDULER_THREADS: "3", DT_DATASOURCE_URL: "y", HOME: "z" };
    expect(ineffectiveKeys(configOf(environment), declared)).toEqual([
      "DT_LDAP_SERVER_URL (environment)",
      expect.stringContaining("dt.task-scheduler.threads ("),
    ]);
  });

  test("every declared default is a value of its kind", () => {
    const config = configOf({});
    for (const candidate of declared) expect(() => config.find(candidate)).not.toThrow();
  });
  test("no property is declared twice", () => {
    const names = declared.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});

test("the profile web takes four things away, and an operator may give one back", () => {
  const shown = [
    "dt.dex-engine.leader-election.enabled",
    "dt.dex-engine.workers.enabled",
    "dt.notification.outbox-relay.enabled",
    "dt.task-scheduler.enabled",
  ].map((name) => declared.find((candidate) => candidate.name === name));
  const values = (environment: Record<string, string>) =>
    shown.map((candidate) => candidate && configOf(environment).get(candidate));
  expect(values({})).toEqual([true, true, true, true]);
  expect(values({ DT_CONFIG_PROFILE: "web" })).toEqual([false, false, false, false]);
  expect(values({ DT_CONFIG_PROFILE: "web", DT_DEX_ENGINE_WORKERS_ENABLED: "true" })).toEqual([
    false,
    true,
    false,
    false,
  ]);
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../platform/clock/clock.ts";
import { loadConfig } from "../platform/config/index.ts";
import { type TestServer, testServer } from "../testing/test-server.ts";
import { composeFeatures, featureProperties } from "./features.ts";
import { declaredProperties } from "./properties.ts";

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server?.close());

/** Scheduled tasks by name, with the property that says when. */
const TASKS: Record<string, [property: string, schedule: string]> = {
  "abandoned-uploads": ["dt.task.abandoned-upload-check.cron", "* * * * *"],
  "analyzer-cache-maintenance": ["dt.task.analyzer-cache-maintenance.cron", "*/5 * * * *"],
  "backfill-start": ["dt.task.backfill-start.cron", "* * * * *"],
  "epss-mirror": ["dt.task.epss-mirror.cron", "0 1 * * *"],
  "expired-session-cleanup": ["dt.task.expired-session-cleanup.cron", "0 * * * *"],
  "kev-mirror": ["dt.task.kev-mirror.cron", "0 2 * * *"],
  "marked-project-metrics": ["dt.task.marked-project-metrics-update.cron", "* * * * *"],
  "metrics-maintenance": ["dt.task.metrics-maintenance.cron", "1 * * * *"],
  "orphaned-identity-cleanup": ["dt.task.orphaned-identity-cleanup.cron", "37 2 * * *"],
  "github-advisory-vuln-data-source-mirror": ["dt.task.github-advisory-vuln-data-source-mirror.cron", "0 2 * * *"],
  "nvd-vuln-data-source-mirror": ["dt.task.nvd-vuln-data-source-mirror.cron", "0 4 * * *"],
  "osv-vuln-data-source-mirror": ["dt.task.osv-vuln-data-source-mirror.cron", "0 3 * * *"],
  "portfolio-analysis": ["dt.task.portfolio-analysis.slice-cron", "* * * * *"],
  "portfolio-metrics-update": ["dt.task.portfolio-metrics-update.cron", "10 * * * *"],
  "project-maintenance": ["dt.task.project-maintenance.cron", "0 */4 * * *"],
  "tag-maintenance": ["dt.task.tag-maintenance.cron", "0 */12 * * *"],
  "vuln-metrics-update": ["dt.task.vuln-metrics-update.cron", "0 */6 * * *"],
  "upload-cleanup": ["dt.task.upload-cleanup.cron", "17 * * * *"],
};

function scheduleWith(properties: Record<string, string>): Record<string, string> {
  const { database, files, log } = server;
  const overrides = new Map(Object.entries({ "dt.datasource.url": server.databaseUrl, ...properties }));
  const config = loadConfig({ environment: {}, workingDirectory: "/nowhere", overrides });
  const { schedule } = composeFeatures({ config, database, files, clock: systemClock, log });
  return Object.fromEntries(schedule.map(({ name, schedule: when }) => [name, when]));
}

describe("scheduled tasks", () => {
  test("fire when the reference says, unless configured otherwise", () => {
    const expected = Object.fromEntries(Object.entries(TASKS).map(([name, [, schedule]]) => [name, schedule]));
    expect(scheduleWith({})).toEqual(expected);
  });

  test("each has its property, which takes seconds too; there is no such property without a task", () => {
    const properties = Object.values(TASKS).map(([name]) => name);
    const often = "*/7 * * * * *";
    const schedule = scheduleWith(Object.fromEntries(properties.map((name) => [name, often])));
    expect(new Set(Object.values(schedule))).toEqual(new Set([often]));
    const declared = declaredProperties(featureProperties).filter(({ type }) => type === "cron");
    expect(declared.map(({ name }) => name).sort()).toEqual(properties.sort());
  });

  test.each(Object.values(TASKS))("a %s that is no schedule is refused by key and value", (name) => {
    expect(() => scheduleWith({ [name]: "at dawn" })).toThrow(`${name}: "at dawn" is not a cron expression`);
    expect(() => scheduleWith({ [name]: "-" })).toThrow(name);
  });
});

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pgBouncerMissing } from "@evertrack/embedded-postgres/testing";
import { afterEach, expect, test } from "vitest";
import { administratorOf } from "../../harness/api-client.ts";
import { startPgBouncer } from "../../harness/front-door/pgbouncer.ts";
import { sampleBom } from "../../harness/sample-bom.ts";
import { ServerProcess } from "../../harness/server-process.ts";
import { runServer } from "../../harness/server-run.ts";
import { until } from "../../harness/until.ts";
import { ask, documentedRoles } from "./documented-roles.ts";

/** Every two seconds. */
const OFTEN = "*/2 * * * * *";
/** Scheduled tasks that write without any outside source, and the middle of their properties. */
const TASKS = {
  "portfolio-analysis": "PORTFOLIO_ANALYSIS_SLICE",
  "portfolio-metrics-update": "PORTFOLIO_METRICS_UPDATE",
  "marked-project-metrics": "MARKED_PROJECT_METRICS_UPDATE",
  "vuln-metrics-update": "VULN_METRICS_UPDATE",
  "metrics-maintenance": "METRICS_MAINTENANCE",
  "project-maintenance": "PROJECT_MAINTENANCE",
  "tag-maintenance": "TAG_MAINTENANCE",
  "orphaned-identity-cleanup": "ORPHANED_IDENTITY_CLEANUP",
  "expired-session-cleanup": "EXPIRED_SESSION_CLEANUP",
  "abandoned-uploads": "ABANDONED_UPLOAD_CHECK",
  "upload-cleanup": "UPLOAD_CLEANUP",
};
const CRONS = Object.fromEntries(Object.values(TASKS).map((task) => [`DT_TASK_${task}_CRON`, OFTEN]));

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

test.skipIf(pgBouncerMissing)(
  `instances without a right to change the schema do everything, migrated by another role (${pgBouncerMissing ?? "all present"})`,
  { timeout: 600_000 },
  async () => {
    const { owner, app } = await rolesOfTheDocument();
    const directory = mkdtempSync(join(tmpdir(), "evertrack-roles-"));
    cleanUp.push(() => rmSync(directory, { recursive: true, force: true }));
    const pooler = await startPgBouncer({ directory, databaseUrl: app });
    cleanUp.push(() => pooler.stop());

    const early = await runServer({ databaseUrl: app, dataDirectory: directory });
    expect(early).toMatchObject({ status: 1, output: expect.stringContaining("permission denied for schema public") });
    const init = {
      DT_INIT_TASKS_EXIT_AFTER_COMPLETION: "true",
      DT_INIT_TASKS_DATASOURCE_NAME: "init",
      DT_DATASOURCE_INIT_URL: owner,
    };
    const migrated = await runServer({ databaseUrl: pooler.url, dataDirectory: directory, environment: init });
    expect(migrated, migrated.output).toMatchObject({ status: 0 });
    await expect(ask(app, "create table mine ()")).rejects.toThrow("permission denied");
    await expect(ask(app, "alter table component add column mine int")).rejects.toThrow("must be owner");

    const logs = await Promise.all([1, 2].map((number) => instance(number, pooler.url, directory)));
    await mainJob(logs[0]?.server.url ?? "");
    await until("every scheduled task ran", 180_000, async () => {
      const fired = await ask<{ task: string }>(app, "select distinct task from wf_cron_firing");
      const names = fired.map(({ task }) => task);
      return Object.keys(TASKS).every((task) => names.includes(task));
    });
    // Tasks go on firing: what is there by now must end.
    const [now] = await ask<{ at: string }>(app, "select now()::text as at");
    await until("the work is done", 180_000, async () => {
      const open = await ask(
        app,
        `select 1 from wf_run where status in ('CREATED', 'RUNNING') and created_at <= '${now?.at}' limit 1`,
      );
      return open.length === 0;
    });
    expect(await ask(app, "select name, error from wf_run where status = 'FAILED'")).toEqual([]);
    expect(await ask(app, "select run_id, error from wf_attempt where error is not null")).toEqual([]);
    for (const { logFile } of logs)
      expect(readFileSync(logFile, "utf8")).not.toMatch(/permission denied|must be owner|42501/);

    await ask(owner, "create table added_later (id int generated always as identity primary key)");
    await ask(app, "insert into added_later default values");
    expect(await ask(app, "select id from added_later"), "a later migration's tables are there for instances").toEqual([
      { id: 1 },
    ]);
    const looked = await runServer({ databaseUrl: app, dataDirectory: directory, word: ["migrate", "--status"] });
    expect(looked).toMatchObject({ status: 0, output: expect.stringContaining("0 pending") });
  },
);

/** A database with the two roles, made by the first block of SQL in the documentation. */
async function rolesOfTheDocument(): Promise<{ owner: string; app: string }> {
  const roles = await documentedRoles();
  cleanUp.push(() => roles.drop());
  await ask(roles.admin, roles.blocks[0] ?? "");
  return roles;
}

async function instance(number: number, databaseUrl: string, directory: string) {
  const logFile = join(directory, `instance-${number}.log`);
  const environment = { DT_INIT_TASKS_ENABLED: "false", DT_DATASOURCE_POOL_ENABLED: "false", ...CRONS };
  const server = await ServerProcess.start({ databaseUrl, dataDirectory: directory, logFile, environment });
  cleanUp.push(() => (server.running ? server.stop() : undefined));
  return { server, logFile };
}

/** Upload, import, analysis, numbers; a project changed, one deleted. */
async function mainJob(url: string): Promise<void> {
  const admin = await administratorOf(url);
  const kept = await admin.upload(sampleBom([{ name: "kept", version: "1.0.0" }]), { name: "kept", version: "1" });
  const gone = await admin.upload(sampleBom([{ name: "gone", version: "1.0.0" }]), { name: "gone", version: "1" });
  for (const { token } of [kept, gone]) await admin.processed(token, 120_000);
  await admin.expect("PATCH", `/api/v1/project/${kept.projectUuid}`, { tags: [{ name: "a-tag" }] });
  await admin.expect("PATCH", `/api/v1/project/${kept.projectUuid}`, { tags: [] });
  await admin.expect("DELETE", `/api/v1/project/${gone.projectUuid}`);
  const components = await admin.expect<unknown[]>("GET", `/api/v1/component/project/${kept.projectUuid}`);
  expect(components).toHaveLength(1);
}

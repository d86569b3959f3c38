/** An installation with one role is given two while it serves, by the SQL of docs/operating/database-roles.md. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { administratorOf } from "../../harness/api-client.ts";
import { sampleBom } from "../../harness/sample-bom.ts";
import { ServerProcess } from "../../harness/server-process.ts";
import { runServer } from "../../harness/server-run.ts";
import { ask, documentedRoles } from "./documented-roles.ts";

const TEST_TIMEOUT_MS = 180_000;
const PROCESSED_MAX_MS = 60_000;

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

test(
  "an installation with one role is handed over while it serves, goes on as either role, and the former one can go",
  async () => {
    const roles = await documentedRoles();
    cleanUp.push(() => roles.drop());
    const directory = mkdtempSync(join(tmpdir(), "evertrack-handed-over-"));
    cleanUp.push(() => rmSync(directory, { recursive: true, force: true }));
    const name = new URL(roles.admin).pathname.slice(1);
    await ask(
      roles.admin,
      `create role ${roles.formerName} login password 'former-password';
       alter database ${name} owner to ${roles.formerName}; alter schema public owner to ${roles.formerName}`,
    );
    const logFile = join(directory, "instances.log");
    const start = async (databaseUrl: string, environment: Record<string, string> = {}) => {
      const server = await ServerProcess.start({ databaseUrl, dataDirectory: directory, logFile, environment });
      cleanUp.push(() => (server.running ? server.stop() : undefined));
      return server;
    };
    const former = await start(roles.former);
    const admin = await administratorOf(former.url);
    const upload = async (client: typeof admin, project: string) => {
      const bom = sampleBom([{ name: project, version: "1.0.0" }]);
      const { token } = await client.upload(bom, { name: project, version: "1" });
      await client.processed(token, PROCESSED_MAX_MS);
    };
    await upload(admin, "before");

    const [made = "", handedOver = "", dropped = ""] = roles.blocks;
    expect(roles.blocks).toHaveLength(3);
    await ask(roles.admin, made + handedOver);
    await upload(admin, "by-the-former-role");
    // A connection of its own: what was open before would work on without the right to connect.
    await expect(ask(roles.former, "select count(*) from project")).resolves.toHaveLength(1);

    const status = await runServer({
      databaseUrl: roles.owner,
      dataDirectory: directory,
      word: ["migrate", "--status"],
    });
    expect(status).toMatchObject({ status: 0, output: expect.stringContaining("0 pending") });
    await ask(roles.owner, "alter table project add column added_later int; create table made_later (id int)");
    await ask(roles.app, "insert into made_later values (1)");
    await expect(ask(roles.app, "alter table project drop column added_later")).rejects.toThrow("must be owner");
    await expect(ask(roles.app, "create table mine ()")).rejects.toThrow("permission denied");

    const later = await start(roles.app, { DT_INIT_TASKS_ENABLED: "false" });
    await former.stop();
    const { url } = later;
    await upload(admin.at(url), "by-the-application-role");
    await ask(roles.admin, dropped);
    await expect(ask(roles.former, "select 1")).rejects.toThrow("authentication failed");
    await upload(admin.at(url), "after");
    expect(readFileSync(logFile, "utf8")).not.toMatch(/permission denied|must be owner|42501/);
  },
  TEST_TIMEOUT_MS,
);

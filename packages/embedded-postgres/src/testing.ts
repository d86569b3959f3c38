/**
 * A database of its own for each test file, cloned from a template in some 40 ms.
 *
 *   testDatabase({template}) → template database, built once per name and content hash by whoever comes first
 *                              (others wait on a lock that dies with its transaction) → clone → drop()
 */
import crypto from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { codeOf, withClient } from "./connection.ts";
import { dropStaleTestDatabases, TEST_DATABASE_PREFIX, TEST_TEMPLATE_PREFIX } from "./stale-test-databases.ts";
import { hashOfTemplate, type TestTemplate } from "./template-hash.ts";
import { ensureTestServer, keepConnected, TEST_DATABASE_URL_VARIABLE } from "./test-server.ts";

export { TEST_RUN_VARIABLE, type TestTemplate } from "./template-hash.ts";
export { pgBouncerMissing, startPgBouncer, type TestPooler } from "./test-pooler.ts";
export { ensureTestServer, keepConnected, stopTestServerIfIdle, TEST_DATABASE_URL_VARIABLE } from "./test-server.ts";

const ADVISORY_LOCK_CLASS = 0x45565454;
const CLONE_ATTEMPTS_MAX = 100;
const CLONE_PAUSE_MS = 50;
const NAME_MAX_CHARS = 63;
const [OBJECT_IN_USE, UNKNOWN_DATABASE] = ["55006", "3D000"];

/** A database nobody else uses. `drop()` ends what is still connected to it. */
export type TestDatabase = { url: string; name: string; drop(): Promise<void> };

/** Makes an empty database, or a clone of the template, on the test server (started when need be). */
export async function testDatabase(options: { template?: TestTemplate } = {}): Promise<TestDatabase> {
  const adminUrl = process.env[TEST_DATABASE_URL_VARIABLE] || (await serverOfThisScript());
  await dropStaleTestDatabases(adminUrl);
  const name = `${TEST_DATABASE_PREFIX}${Date.now()}_${crypto.randomBytes(6).toString("hex")}`;
  if (options.template) await clone(adminUrl, name, options.template);
  else await withClient(adminUrl, (admin) => admin.query(`create database ${name} template template0`));
  return { url: onServer(adminUrl, name), name, drop: () => drop(adminUrl, name) };
}

/** Outside a test run nobody else holds the server: this process does, with a connection that lets it end. */
async function serverOfThisScript(): Promise<string> {
  const { adminUrl } = await keepConnected(ensureTestServer, { unref: true });
  process.env[TEST_DATABASE_URL_VARIABLE] = adminUrl;
  return adminUrl;
}

/** A template may be swept away as stale between its making and its cloning, hence the loop. */
async function clone(adminUrl: string, name: string, template: TestTemplate): Promise<void> {
  const source = `${TEST_TEMPLATE_PREFIX}${template.name}_${hashOfTemplate(template)}`.slice(0, NAME_MAX_CHARS);
  for (let attempt = 1; ; attempt++) {
    try {
      return await withClient(adminUrl, async (admin) => {
        if (!(await exists(admin, source))) await buildTemplate(adminUrl, source, template);
        await admin.query(`create database ${quote(name)} template ${quote(source)}`);
      });
    } catch (error) {
      const passing = [OBJECT_IN_USE, UNKNOWN_DATABASE].includes(codeOf(error) ?? "");
      if (!passing || attempt >= CLONE_ATTEMPTS_MAX) throw error;
      await sleep(CLONE_PAUSE_MS);
    }
  }
}

/** Built under another name and renamed, so a template that exists is complete. */
async function buildTemplate(adminUrl: string, name: string, template: TestTemplate): Promise<void> {
  await withClient(adminUrl, async (lock) => {
    await lock.query("begin");
    await lock.query("select pg_advisory_xact_lock($1, hashtext($2))", [ADVISORY_LOCK_CLASS, name]);
    if (await exists(lock, name)) return;
    const draft = `${TEST_DATABASE_PREFIX}${Date.now()}_${crypto.randomBytes(6).toString("hex")}`;
    await withClient(adminUrl, (admin) => admin.query(`create database ${draft} template template0`));
    try {
      await template.prepare(onServer(adminUrl, draft));
      await renameWhenFree(adminUrl, draft, name);
    } catch (error) {
      await drop(adminUrl, draft).catch(() => {});
      throw error;
    }
  });
}

/** A connection that `prepare` closed may take a moment to end in the server. */
async function renameWhenFree(adminUrl: string, from: string, to: string): Promise<void> {
  await withClient(adminUrl, async (admin) => {
    for (let attempt = 1; ; attempt++) {
      try {
        await admin.query(`alter database ${quote(from)} rename to ${quote(to)}`);
        await admin.query(`comment on database ${quote(to)} is '${Date.now()}'`);
        return;
      } catch (error) {
        if (codeOf(error) !== OBJECT_IN_USE || attempt >= CLONE_ATTEMPTS_MAX) throw error;
        await sleep(CLONE_PAUSE_MS);
      }
    }
  });
}

async function drop(adminUrl: string, name: string): Promise<void> {
  await withClient(adminUrl, (admin) => admin.query(`drop database if exists ${quote(name)} with (force)`));
}

async function exists(client: pg.Client, name: string): Promise<boolean> {
  const { rowCount } = await client.query("select from pg_database where datname = $1", [name]);
  return rowCount === 1;
}

function onServer(adminUrl: string, database: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  return url.href;
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

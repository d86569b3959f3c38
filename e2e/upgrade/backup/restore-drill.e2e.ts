/**
 * The restore drill of docs/operating/backup-and-restore.md: uploads never stop, a backup is taken in the middle, the installation is
 * lost, and another one goes on from the backup.
 */
import { mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testDatabase } from "@evertrack/embedded-postgres/testing";
import pg from "pg";
import { expect, test } from "vitest";
import { type ApiClient, administratorOf } from "../../harness/api-client.ts";
import { manyComponents, sampleBom } from "../../harness/sample-bom.ts";
import { ServerProcess } from "../../harness/server-process.ts";
import { runServer } from "../../harness/server-run.ts";
import { until } from "../../harness/until.ts";
import { PrivatePostgres, WITHOUT_POSTGRES } from "./private-postgres.ts";

const COMPONENTS = 200;
const UPLOADERS = 4;
const UPLOADS_BEFORE = 16;
const END_TIMEOUT_MS = 120_000;

interface Acknowledged {
  token: string;
  projectUuid: string;
}

/** Two empty databases of one server: the installation's, and the one it is restored into. */
interface Place {
  databaseUrl: string;
  otherUrl: string;
  close(): Promise<void>;
}

async function embedded(): Promise<Place> {
  const [one, other] = [await testDatabase(), await testDatabase()];
  const close = async () => {
    await one.drop();
    await other.drop();
  };
  return { databaseUrl: one.url, otherUrl: other.url, close };
}

async function external(): Promise<Place> {
  const server = await PrivatePostgres.start();
  const [databaseUrl, otherUrl] = [await server.database("evertrack"), await server.database("restored")];
  return { databaseUrl, otherUrl, close: async () => server.stop() };
}

/** Uploads new projects until told to stop; what was acknowledged stands in `acknowledged`. */
function uploadForEver(client: ApiClient, acknowledged: Acknowledged[]): () => Promise<void> {
  let running = true;
  const one = async (uploader: number) => {
    for (let n = 0; running; n++) {
      const name = `u${uploader}-${n}`;
      const bom = sampleBom(manyComponents(name, COMPONENTS));
      const answer = await client.upload(bom, { name, version: "1" }).catch(() => undefined);
      if (answer !== undefined) acknowledged.push(answer);
    }
  };
  const all = Promise.all(Array.from({ length: UPLOADERS }, (_, uploader) => one(uploader)));
  return async () => {
    running = false;
    await all;
  };
}

async function ask<R extends object>(url: string, text: string): Promise<R[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<R>(text)).rows;
  } finally {
    await client.end();
  }
}

/** The JSON result among the log lines. */
function resultOf<T>(output: string): T {
  const line = output.split("\n").find((candidate) => candidate.startsWith('{"id"'));
  return JSON.parse(line ?? "null") as T;
}

test.each([
  ["An export", "the embedded database", "", embedded],
  ["A dump", "a PostgreSQL of the operator, by a role without special rights", WITHOUT_POSTGRES, external],
] as const)(
  "%s of %s is taken while uploads go on, is verified, and restored it has all that was acknowledged before%s",
  {
    timeout: 600_000,
  },
  async (named, _, missing, start) => {
    if (missing !== "") return;
    const kind = named === "A dump" ? "dump" : "export";
    const directory = await mkdtemp(join(tmpdir(), "evertrack-drill-"));
    const place = await start();
    const [first, second] = [join(directory, "first"), join(directory, "second")];
    const servers: ServerProcess[] = [];
    try {
      await drill(kind, place, directory, { first, second }, servers);
    } finally {
      await Promise.all(servers.map((server) => server.kill()));
      await place.close();
      await rm(directory, { recursive: true, force: true });
    }
  },
);

async function drill(
  kind: string,
  { databaseUrl, otherUrl }: Place,
  directory: string,
  data: { first: string; second: string },
  servers: ServerProcess[],
): Promise<void> {
  for (const path of [data.first, data.second]) mkdirSync(path);
  const backups = join(directory, "backups");
  const site = { databaseUrl, dataDirectory: data.first };
  const other = { databaseUrl: otherUrl, dataDirectory: data.second };

  const server = await ServerProcess.start(site);
  servers.push(server);
  const admin = await administratorOf(server.url);
  const acknowledged: Acknowledged[] = [];
  const stopUploading = uploadForEver(admin, acknowledged);
  await until("uploads come in", END_TIMEOUT_MS, async () => acknowledged.length >= UPLOADS_BEFORE);
  const before = [...acknowledged];

  const taken = await runServer({ ...site, word: ["backup", "take", "--kind", kind, "--output", backups, "--json"] });
  expect(taken.status, taken.output).toBe(0);
  const { backup, verification, attachments } = resultOf<{ backup: string; verification: object; attachments: number }>(
    taken.output,
  );
  expect(verification).toMatchObject({ passed: true, problems: [] });
  const records = await ask(
    databaseUrl,
    "select kind, verdict, location from backup_record where verified_at is not null",
  );
  expect(records).toEqual([{ kind, verdict: "passed", location: backup }]);
  expect(acknowledged.length, "uploads went on while the backup was taken").toBeGreaterThan(before.length);

  const intoLiving = await runServer({ ...site, word: ["restore", "--force", backup] });
  expect(intoLiving.status, intoLiving.output).toBe(3);
  expect(intoLiving.output).toContain(server.instanceId);

  await server.kill();
  await stopUploading();
  const restored = await runServer({ ...other, word: ["restore", backup, "--json"] });
  expect(restored.status, restored.output).toBe(0);
  const { attachmentsPlaced } = resultOf<{ attachmentsPlaced: number }>(restored.output);
  expect(attachmentsPlaced).toBe(attachments);
  expect(attachments, "imports were under way, or the drill shows nothing").toBeGreaterThan(0);

  const successor = await ServerProcess.start(other);
  servers.push(successor);
  const client = admin.at(successor.url);
  for (const { token } of before) await client.processed(token, END_TIMEOUT_MS);
  const counts = await ask<{ uuid: string; components: number }>(
    otherUrl,
    "select p.uuid, count(c.*)::int as components from project p left join component c on c.project_id = p.id group by p.uuid",
  );
  const componentsOf = new Map(counts.map(({ uuid, components }) => [uuid, components]));
  for (const { projectUuid } of before) expect(componentsOf.get(projectUuid)).toBe(COMPONENTS);

  await until("everything that was under way has ended", END_TIMEOUT_MS, async () => {
    const open = await ask(
      otherUrl,
      "select 1 from wf_run where status in ('CREATED', 'RUNNING', 'SUSPENDED') and parent_id is not null",
    );
    return open.length === 0;
  });
  expect(await ask(otherUrl, "select name, error from wf_run where status = 'FAILED'")).toEqual([]);
  const lost = "select token from bom_upload where outcome is distinct from 'PROCESSED'";
  expect(await ask(otherUrl, lost)).toEqual([]);
  expect(await ask(otherUrl, "select id from cluster_instance")).toEqual([{ id: successor.instanceId }]);
}

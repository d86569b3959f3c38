import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { crc32 } from "node:zlib";
import { testDatabase } from "@evertrack/embedded-postgres/testing";
import { createEngine, type Engine, type RunDetails } from "@evertrack/engine";
import { engineMigrationsDirectory } from "@evertrack/engine/migrations";
import { quietLog, until } from "@evertrack/engine/testing";
import { migrate } from "@evertrack/migrator";
import { pino } from "pino";
import { systemClock } from "../../platform/clock/clock.ts";
import { Config } from "../../platform/config/index.ts";
import { mapSource } from "../../platform/config/sources.ts";
import { Database, executorOf, type Tx } from "../../platform/db/index.ts";
import { createOutbound } from "../../platform/outbound/index.ts";
import { writeExtensionConfig } from "../settings/store/extensions.ts";
import { startMirror } from "./commands/start-mirror-run.ts";
import { vulnerabilitiesFeature } from "./index.ts";
import { VULN_DATA_SOURCE } from "./osv-extension.ts";

const appMigrationsDirectory = join(import.meta.dirname, "../../../migrations");

/** A database with the schema of product and engine. */
export async function openTestDatabase(): Promise<{ database: Database; url: string; drop(): Promise<void> }> {
  const { url, drop } = await testDatabase({
    template: {
      name: "vulnerabilities",
      async prepare(connectionString) {
        const components = { app: appMigrationsDirectory, engine: engineMigrationsDirectory };
        for (const [component, directory] of Object.entries(components))
          await migrate({ connectionString, component, directory, version: "0.0.0" });
      },
    },
  });
  const database = openDatabase(url);
  return {
    database,
    url,
    async drop() {
      await database.close();
      await drop();
    },
  };
}

export function openDatabase(url: string): Database {
  return new Database(
    {
      name: "default",
      url,
      poolSizeMax: 10,
      idleTimeoutMs: 10_000,
      connectionLifetimeMs: 600_000,
      connectTimeoutMs: 10_000,
      queryTimeoutMs: 60_000,
      applicationName: "test",
    },
    pino({ level: "silent" }),
  );
}

export interface MirrorBench {
  database: Database;
  engine: Engine<Tx>;
  feature: ReturnType<typeof vulnerabilitiesFeature>;
  log: ReturnType<typeof quietLog>;
  /** Puts a configuration of a source (OSV) into force; enabled unless it says otherwise. */
  configure(config: Record<string, unknown>, name?: string): Promise<void>;
  /** Starts a mirror of a source (OSV) and waits for its end. */
  mirror(deadlineMs?: number, name?: string): Promise<RunDetails>;
  stop(): Promise<void>;
}

interface BenchOptions {
  properties?: Record<string, string>;
  leaseMs?: number;
}

const MIRROR_DEADLINE_MS = 60_000;
const LOOK_EVERY_MS = 25;

/** The feature on a running engine; connections to this machine are allowed unless a property says otherwise. */
export async function startMirrorBench(database: Database, options: BenchOptions = {}): Promise<MirrorBench> {
  const properties = {
    "dt.vuln-data-source.osv.allow-local-connections": "true",
    "dt.vuln-data-source.github.allow-local-connections": "true",
    "dt.vuln-data-source.nvd.allow-local-connections": "true",
    "dt.vuln-source.epss.allow-local-connections": "true",
    "dt.kev-data-source.cisa.allow-local-connections": "true",
    "dt.kev-data-source.enisa.allow-local-connections": "true",
    ...options.properties,
  };
  const config = new Config([mapSource("test", new Map(Object.entries(properties)))]);
  const outbound = createOutbound({ connectTimeoutMs: 5_000 });
  const log = quietLog();
  let engine: Engine<Tx> | undefined;
  const client = new Proxy({} as Engine<Tx>["client"], {
    get: (_target, member) => engine && Reflect.get(engine.client, member),
  });
  const feature = vulnerabilitiesFeature({
    config,
    database,
    outbound,
    clock: systemClock,
    client,
    gateOpen: () => true,
  });
  const leaseMs = options.leaseMs ?? 2_000;
  engine = createEngine<Tx>({
    database: { executor: database.executor, transaction: (work) => database.transaction(work), executorOf },
    instance: { id: `test-${crypto.randomUUID()}`, version: "0.0.0" },
    log,
    workflows: feature.workflows,
    activities: feature.activities,
    queues: [
      { kind: "workflow", name: "default" },
      { kind: "activity", name: "default" },
    ],
    leaderElection: { enabled: true, leaseMs, checkMs: leaseMs / 8 },
    lease: { leaseMs, beatMs: leaseMs / 4 },
    polling: { intervalMs: 20, maxMs: 500 },
  } as Parameters<typeof createEngine<Tx>>[0]);
  await engine.start();
  const running = engine;
  return {
    database,
    engine: running,
    feature,
    log,
    async configure(wanted, name = "osv") {
      await database.transaction((tx) =>
        writeExtensionConfig(tx, VULN_DATA_SOURCE, name, { enabled: true, ...wanted }),
      );
    },
    async mirror(deadlineMs = MIRROR_DEADLINE_MS, name = "osv") {
      const runId = await database.transaction(async (tx) => {
        await startMirror(tx, running.client, name, { trigger: "manual" });
        const { rows } = await executorOf(tx).query<{ id: string }>(
          "select value->>'runId' as id from extension_state where key = 'latest-run' and extension = $1",
          [name],
        );
        return rows[0]?.id ?? "";
      });
      return endOf(running, runId, deadlineMs);
    },
    async stop() {
      await running.stop({ graceMs: 1_000 });
      await outbound.close();
    },
  };
}

/** Waits until a run has ended. */
export function endOf(engine: Engine<Tx>, runId: string, deadlineMs = MIRROR_DEADLINE_MS): Promise<RunDetails> {
  return until(
    `run ${runId} has ended`,
    async () => {
      await delay(LOOK_EVERY_MS);
      const run = await engine.client.getRun(runId);
      return run !== null && ["COMPLETED", "FAILED", "CANCELLED"].includes(run.status) && run;
    },
    deadlineMs,
  );
}

/** A bucket over HTTP whose files a test changes; counts what was asked for. */
export async function serveBucket(files: Map<string, Buffer | string | (() => number)>) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "").replace(/^\//, "");
    requests.push(path);
    const content = files.get(path);
    if (typeof content === "function") response.writeHead(content()).end();
    else if (content === undefined) response.writeHead(404).end();
    else response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A directory that is gone after the test. */
export function temporaryDirectory(): { path: string; remove(): Promise<void> } {
  const path = mkdtempSync(join(tmpdir(), "evertrack-test-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A zip archive of stored (not compressed) files (APPNOTE.TXT 4.3). */
export function zipOf(files: ReadonlyMap<string, Buffer>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of files) {
    const described = describe(name, content);
    const local = Buffer.concat([Buffer.from("504b0304", "hex"), described, Buffer.from(name), content]);
    const central = Buffer.alloc(14);
    central.writeUInt32LE(offset, 10);
    directory.push(Buffer.from("504b01021400", "hex"), described, central, Buffer.from(name));
    parts.push(local);
    offset += local.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32BE(0x504b0506, 0);
  end.writeUInt16LE(files.size, 8);
  end.writeUInt16LE(files.size, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, listed, end]);
}

/** What local and central headers have in common, from "version needed" to "extra field length". */
function describe(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(26);
  header.writeUInt16LE(20, 0);
  header.writeUInt32LE(crc32(content), 10);
  header.writeUInt32LE(content.length, 14);
  header.writeUInt32LE(content.length, 18);
  header.writeUInt16LE(Buffer.byteLength(name), 22);
  return header;
}

/** An advisory about one package of PyPI. */
export function advisory(id: string, members: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id,
    modified: "2026-01-01T00:00:00Z",
    published: "2025-12-01T00:00:00Z",
    summary: `Something about ${id}`,
    affected: [affecting("PyPI", "sample", "1.0", "2.0")],
    ...members,
  };
}

/** The part of an advisory that names a package and the versions from `introduced` to before `fixed`. */
export function affecting(ecosystem: string, name: string, introduced: string, fixed: string) {
  return { package: { ecosystem, name }, ranges: [{ type: "ECOSYSTEM", events: [{ introduced }, { fixed }] }] };
}

/** What a bucket holds of one ecosystem: archive, list of changes and, unless left out, a file per advisory. */
export function bucketFiles(
  ecosystem: string,
  advisories: readonly Record<string, unknown>[],
  { single = true, listed = true } = {},
): Map<string, Buffer> {
  const contents = new Map(advisories.map((one) => [`${one.id}.json`, Buffer.from(JSON.stringify(one))]));
  const files = new Map([[`${ecosystem}/all.zip`, zipOf(contents)]]);
  const lines = advisories.map(({ id, modified }) => `${modified},${id}\n`).join("");
  if (listed) files.set(`${ecosystem}/modified_id.csv`, Buffer.from(lines));
  if (single) for (const [name, content] of contents) files.set(`${ecosystem}/${name}`, content);
  return files;
}

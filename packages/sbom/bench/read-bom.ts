/**
 * How long reading takes and how much memory it needs: `node packages/sbom/bench/read-bom.ts`. Each case runs in a
 * process of its own, whose peak resident memory counts.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { createBomReaderPool, readBom, validateBom } from "../src/index.ts";
import { syntheticBom } from "./synthetic-bom.ts";

const shared = process.env.EVERTRACK_SHARED ?? join(import.meta.dirname, "../../../../shared");
const mergedFile = join(shared, "data/sboms/huge/merged-20000.cdx.json.gz");
const minimal = Buffer.from('{"bomFormat":"CycloneDX","specVersion":"1.6","version":1}');

type Measure = (file: string) => Promise<string> | string;

const measures: Record<string, Measure> = { wholeBom, validateInThread, readInThread };

const [measure, file] = process.argv.slice(2);
if (measure === undefined || file === undefined) await runEachInItsProcess();
else console.log(`${await measures[measure]?.(file)}, peak RSS ${peakMemory()}`);

/** Documents are made here and read there, so that making them does not count. */
async function runEachInItsProcess(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "read-bom-"));
  try {
    const merged = join(folder, "merged-20000.json");
    if (existsSync(mergedFile)) await writeFile(merged, gunzipSync(await readFile(mergedFile)));
    else console.log(`merged-20000: skipped, ${mergedFile} is absent`);
    for (const [name, components] of [
      ["synthetic-35000.json", 35_000],
      ["synthetic-300000.json", 300_000],
    ] as const) {
      await writeFile(join(folder, name), syntheticBom(components));
    }
    for (const [kind, name] of [
      ["wholeBom", "merged-20000.json"],
      ["wholeBom", "synthetic-35000.json"],
      ["validateInThread", "merged-20000.json"],
      ["readInThread", "merged-20000.json"],
      ["validateInThread", "synthetic-300000.json"],
      ["readInThread", "synthetic-300000.json"],
    ] as const) {
      const path = join(folder, name);
      if (!existsSync(path)) continue;
      process.stdout.write(`${name} (${Math.round(statSync(path).size / 1e6)} MB), ${kind}: `);
      execFileSync(process.execPath, [import.meta.filename, kind, path], { stdio: "inherit" });
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function wholeBom(path: string): Promise<string> {
  const bytes = readFileSync(path);
  const compile = await timed(() => validateBom(minimal));
  const validate = await timed(() => validateBom(bytes));
  const read = await timed(() => readBom(bytes, { validate: false }));
  return `schema compiled in ${compile}, validated in ${validate}, read in ${read}`;
}

/** As an upload does. */
async function validateInThread(path: string): Promise<string> {
  await using pool = closing(createBomReaderPool({ size: 1 }));
  return `validated in ${await timed(() => pool.validateBom(readFileSync(path), {}, { takeBytes: true }))}`;
}

/** As an import does. */
async function readInThread(path: string): Promise<string> {
  await using pool = closing(createBomReaderPool({ size: 1 }));
  let components = 0;
  const time = await timed(async () => {
    for await (const piece of pool.readBomPieces(readFileSync(path), { validate: false }, { takeBytes: true })) {
      if (piece.kind === "components") components += piece.components.length;
    }
  });
  return `${components} components read in ${time}`;
}

function closing<T extends { close(): Promise<void> }>(resource: T): T & AsyncDisposable {
  return Object.assign(resource, { [Symbol.asyncDispose]: () => resource.close() });
}

/** From Linux itself: the `maxRSS` of a new process starts with what its parent had. */
function peakMemory(): string {
  const status = existsSync("/proc/self/status") ? readFileSync("/proc/self/status", "utf8") : "";
  const kilobytes = /VmHWM:\s+(\d+)/.exec(status)?.[1];
  return kilobytes === undefined ? "unknown" : `${Math.round(Number(kilobytes) / 1024)} MB`;
}

/** Time on the clock, and what this process computed in it, which other load does not change. */
async function timed(work: () => unknown): Promise<string> {
  const startedMs = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return `${Math.round(performance.now() - startedMs)} ms (CPU ${Math.round((user + system) / 1000)} ms)`;
}

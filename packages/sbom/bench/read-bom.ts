/**
 * How long reading takes and how much memory it needs: `node packages/sbom/bench/read-bom.ts`. Each case runs in a
 * process of its own, whose peak resident memory counts.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { createBomReaderPool, readBom, validateBom } from "../src/index.ts";
import { syntheticBom } from "./synthetic-bom.ts";

const shared = process.env.EVERTRACK_SHARED ?? join(import.meta.dirname, "../../../../shared");
const mergedFile = join(shared, "data/sboms/huge/merged-20000.cdx.json.gz");
const minimal = Buffer.from('{"bomFormat":"CycloneDX","specVersion":"1.6","version":1}');

const cases: Record<string, () => Promise<string> | string> = {
  "merged-20000, whole": () => wholeBom(gunzipSync(readFileSync(mergedFile))),
  "35,000 synthetic, whole": () => wholeBom(syntheticBom(35_000)),
  "merged-20000, pieces in a thread": () => pieces(gunzipSync(readFileSync(mergedFile))),
  "300,000 synthetic, pieces in a thread": () => pieces(syntheticBom(300_000)),
};

const [wanted] = process.argv.slice(2);
if (wanted === undefined) runEachInItsProcess();
else
  console.log(
    `${wanted}: ${await cases[wanted]?.()}, peak RSS ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`,
  );

function runEachInItsProcess(): void {
  for (const name of Object.keys(cases)) {
    if (name.startsWith("merged") && !existsSync(mergedFile)) console.log(`${name}: skipped, ${mergedFile} is absent`);
    else execFileSync(process.execPath, [import.meta.filename, name], { stdio: "inherit" });
  }
}

function wholeBom(bytes: Uint8Array): string {
  const compileMs = timed(() => validateBom(minimal));
  const validateMs = timed(() => validateBom(bytes));
  const readMs = timed(() => readBom(bytes, { validate: false }));
  return `${megabytes(bytes)}, schema compiled in ${compileMs} ms, validated in ${validateMs} ms, read in ${readMs} ms`;
}

async function pieces(bytes: Uint8Array): Promise<string> {
  const size = megabytes(bytes);
  await using pool = closing(createBomReaderPool({ size: 1 }));
  const startedMs = performance.now();
  let components = 0;
  for await (const piece of pool.readBomPieces(bytes, { validate: true }, { takeBytes: true })) {
    if (piece.kind === "components") components += piece.components.length;
  }
  return `${size}, ${components} components validated and read in ${Math.round(performance.now() - startedMs)} ms`;
}

function closing<T extends { close(): Promise<void> }>(resource: T): T & AsyncDisposable {
  return Object.assign(resource, { [Symbol.asyncDispose]: () => resource.close() });
}

function timed(work: () => unknown): number {
  const startedMs = performance.now();
  work();
  return Math.round(performance.now() - startedMs);
}

function megabytes(bytes: Uint8Array): string {
  return `${Math.round(bytes.byteLength / 1e6)} MB of JSON`;
}

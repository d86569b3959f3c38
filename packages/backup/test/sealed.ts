import { createHash } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { BackupManifest } from "../src/index.ts";

/** Changes what a backup says of itself, with checksums that fit: as if it had been written so. */
export function reseal(directory: string, change: (manifest: BackupManifest & Record<string, unknown>) => void): void {
  const file = join(directory, "manifest.json");
  const manifest = JSON.parse(readFileSync(file, "utf8")) as BackupManifest & Record<string, unknown>;
  change(manifest);
  for (const entry of manifest.files) {
    const path = join(directory, entry.path);
    entry.sha256 = sha256(readFileSync(path));
    entry.bytes = statSync(path).size;
  }
  writeFileSync(file, JSON.stringify(manifest));
  const lines = manifest.files.map(({ path, sha256: sum }) => `${sum}  ${path}\n`);
  const own = `${sha256(readFileSync(file))}  manifest.json\n`;
  writeFileSync(join(directory, "SHA256SUMS"), [...lines, own].join(""));
}

/** Changes the rows of a table of an export, one line of COPY text each. */
export function rewriteRows(directory: string, table: string, change: (lines: string[]) => string[]): void {
  const file = join(directory, "tables", `${table}.copy.zst`);
  const lines = zstdDecompressSync(readFileSync(file)).toString("utf8").split("\n").slice(0, -1);
  const text = change(lines)
    .map((line) => `${line}\n`)
    .join("");
  writeFileSync(file, zstdCompressSync(Buffer.from(text)));
}

/** Changes one byte in the middle of a file. */
export function flipByte(file: string): void {
  const bytes = readFileSync(file);
  const middle = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  writeFileSync(file, bytes);
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

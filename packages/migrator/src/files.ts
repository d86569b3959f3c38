import crypto from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { MigrationError } from "./migration-error.ts";

const NAME_PATTERN = /^\d{12}__[a-z][a-z0-9_]*\.sql$/;
/** Generated snapshots that may lie beside the migrations. */
const IGNORED_NAMES = new Set(["schema.sql"]);
const RELEASE_PATTERN = /^\d+\.\d+\.\d+$/;
const FILE_SIZE_MAX_BYTES = 4 * 1024 * 1024;
const FILES_MAX = 10_000;

/** When a file runs: `expand` beside older builds, `contract` once none is left. */
export type Phase = "expand" | "contract";

/** A migration file as it was read. */
export type MigrationFile = {
  /** File name without `.sql`; sorts by time. */
  id: string;
  path: string;
  phase: Phase;
  /** Of a contract file: the release that no longer needs what it removes, `1.2.3`. */
  contractOf?: string;
  /** What `-- reviewed:` lines say. */
  reviewed: string[];
  /** SHA-256 of the text with Unix line ends, hexadecimal. */
  checksum: string;
  text: string;
};

/** Reads all migrations of a directory in order, without parsing them. Throws MigrationError `invalid-file`. */
export async function readMigrationFiles(directory: string): Promise<MigrationFile[]> {
  const names = (await fs.readdir(directory))
    .filter((name) => name.endsWith(".sql") && !IGNORED_NAMES.has(name))
    .sort();
  if (names.length > FILES_MAX) throw invalid(directory, `more than ${FILES_MAX} files`);
  return Promise.all(names.map((name) => readMigrationFile(path.join(directory, name))));
}

async function readMigrationFile(file: string): Promise<MigrationFile> {
  const name = path.basename(file);
  if (!NAME_PATTERN.test(name)) throw invalid(file, "the name must be YYYYMMDDHHMM__verb_thing.sql");
  const text = await readText(file);
  const checksum = crypto.createHash("sha256").update(text).digest("hex");
  return { id: name.slice(0, -".sql".length), path: file, ...readHeader(file, text), checksum, text };
}

async function readText(file: string): Promise<string> {
  const { size } = await fs.stat(file);
  if (size > FILE_SIZE_MAX_BYTES) throw invalid(file, `it is larger than ${FILE_SIZE_MAX_BYTES} bytes`);
  const text = await fs.readFile(file, "utf8");
  return text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
}

function readHeader(file: string, text: string): Pick<MigrationFile, "phase" | "contractOf" | "reviewed"> {
  const header = /^(?:\s*(?:--[^\n]*)?\n)*/.exec(`${text}\n`)?.[0] ?? "";
  const phase = /^--\s*phase:\s*(\S+)\s*$/m.exec(header)?.[1];
  if (phase !== "expand" && phase !== "contract") {
    throw invalid(file, 'its head must say "-- phase: expand" or "-- phase: contract"');
  }
  const reviewed = [...header.matchAll(/^--\s*reviewed:[ \t]*(\S[^\n]*)$/gm)].map((match) => (match[1] ?? "").trim());
  const contractOf = readContractOf(file, header);
  if (contractOf !== undefined && phase === "expand")
    throw invalid(file, "only a contract file has a contract-of line");
  return { phase, reviewed, ...(contractOf === undefined ? {} : { contractOf }) };
}

function readContractOf(file: string, header: string): string | undefined {
  const release = /^--\s*contract-of:[ \t]*([^\n]*?)[ \t]*$/m.exec(header)?.[1];
  if (release === undefined || RELEASE_PATTERN.test(release)) return release;
  throw invalid(file, '"-- contract-of:" must name a release such as 1.2.3');
}

function invalid(file: string, reason: string): MigrationError {
  return new MigrationError("invalid-file", `${path.basename(file)}: ${reason}`);
}

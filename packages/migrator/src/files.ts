import crypto from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { classifySql, SqlSyntaxError } from "./classify/classify-sql.ts";
import { emptyScope, type Scope, scopeOfNextFile } from "./classify/scope.ts";
import { type ClassifiedStatement, type Level, worst } from "./classify/verdict.ts";
import { MigrationError } from "./migration-error.ts";

const NAME_PATTERN = /^\d{12}__[a-z][a-z0-9_]*\.sql$/;
/** Generated snapshots that may lie beside the migrations. */
const IGNORED_NAMES = new Set(["schema.sql"]);
const FILE_SIZE_MAX_BYTES = 4 * 1024 * 1024;
const FILES_MAX = 10_000;

/** When a file runs: `expand` beside older builds, `contract` once none is left. */
export type Phase = "expand" | "contract";

/** A migration file, read and judged. */
export type MigrationFile = {
  /** File name without `.sql`; sorts by time. */
  id: string;
  path: string;
  phase: Phase;
  /** What `-- reviewed:` lines say. */
  reviewed: string[];
  /** SHA-256 of the text with Unix line ends, hexadecimal. */
  checksum: string;
  statements: ClassifiedStatement[];
  /** False when a statement cannot run in a transaction; then all run one by one. */
  transactional: boolean;
  level: Level;
};

/** Reads all migrations of a directory in order. Throws MigrationError `invalid-file`. */
export async function readMigrationFiles(directory: string): Promise<MigrationFile[]> {
  const names = (await fs.readdir(directory))
    .filter((name) => name.endsWith(".sql") && !IGNORED_NAMES.has(name))
    .sort();
  if (names.length > FILES_MAX) throw invalid(directory, `more than ${FILES_MAX} files`);
  const files: MigrationFile[] = [];
  let scope = emptyScope();
  for (const name of names) {
    files.push(await readMigrationFile(path.join(directory, name), scope));
    scope = scopeOfNextFile(scope);
  }
  return files;
}

async function readMigrationFile(file: string, scope: Scope): Promise<MigrationFile> {
  const name = path.basename(file);
  if (!NAME_PATTERN.test(name)) throw invalid(file, "the name must be YYYYMMDDHHMM__verb_thing.sql");
  const text = await readText(file);
  const statements = await classify(file, text, scope);
  if (statements.length === 0) throw invalid(file, "it holds no statement");
  const transactional = statements.every((statement) => statement.transactional);
  if (!transactional) requireRepeatable(file, statements);
  return {
    id: name.slice(0, -".sql".length),
    path: file,
    ...readHeader(file, text),
    checksum: crypto.createHash("sha256").update(text).digest("hex"),
    statements,
    transactional,
    level: worst(statements.map((statement) => statement.level)),
  };
}

async function readText(file: string): Promise<string> {
  const { size } = await fs.stat(file);
  if (size > FILE_SIZE_MAX_BYTES) throw invalid(file, `it is larger than ${FILE_SIZE_MAX_BYTES} bytes`);
  const text = await fs.readFile(file, "utf8");
  return text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
}

async function classify(file: string, text: string, scope: Scope): Promise<ClassifiedStatement[]> {
  try {
    return await classifySql(text, scope);
  } catch (cause) {
    if (cause instanceof SqlSyntaxError) throw invalid(file, cause.message, { cause });
    throw cause;
  }
}

function readHeader(file: string, text: string): { phase: Phase; reviewed: string[] } {
  const header = /^(?:\s*(?:--[^\n]*)?\n)*/.exec(`${text}\n`)?.[0] ?? "";
  const phase = /^--\s*phase:\s*(\S+)\s*$/m.exec(header)?.[1];
  if (phase !== "expand" && phase !== "contract") {
    throw invalid(file, 'its head must say "-- phase: expand" or "-- phase: contract"');
  }
  const reviewed = [...header.matchAll(/^--\s*reviewed:[ \t]*(\S[^\n]*)$/gm)].map((match) => (match[1] ?? "").trim());
  return { phase, reviewed };
}

/**
 * Statements outside a transaction may run a second time after a kill: only those are allowed that then do nothing or
 * can be cleaned up after.
 */
function requireRepeatable(file: string, statements: ClassifiedStatement[]): void {
  const REPEATABLE = new Set(["IndexStmt", "DropStmt", "ReindexStmt", "VacuumStmt"]);
  for (const { transactional, kind, line, text } of statements) {
    if (transactional && kind !== "VacuumStmt") {
      throw invalid(
        file,
        `line ${line}: a file with concurrent statements may hold nothing else; move this to another file`,
      );
    }
    const guarded = kind === "ReindexStmt" || kind === "VacuumStmt" || /\bif\s+(?:not\s+)?exists\b/i.test(text);
    if (!REPEATABLE.has(kind) || !guarded) {
      throw invalid(file, `line ${line}: not repeatable after an interruption; use IF [NOT] EXISTS`);
    }
  }
}

function invalid(file: string, reason: string, options?: ErrorOptions): MigrationError {
  return new MigrationError("invalid-file", `${path.basename(file)}: ${reason}`, options);
}

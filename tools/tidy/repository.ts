import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** The files a rule judges: paths relative to the root with `/`, and their text. Tests hand in trees made up in memory. */
export interface Repository {
  paths: string[];
  read(path: string): string;
}

/** One finding. An error fails the run; a warning is printed. */
export interface Problem {
  path: string;
  line?: number;
  message: string;
  level: "error" | "warning";
}

/** A rule of the house: judges the whole repository and says what is wrong in words that tell the cure. */
export interface TidyRule {
  name: string;
  check(repository: Repository): Problem[];
}

/** The repository's root. */
export const repositoryRoot = resolve(import.meta.dirname, "..", "..");
const textSizeMaxBytes = 64 * 1024 * 1024;

/** Files that are faulty on purpose, or written by programs. */
const notJudged = /^tools\/imports\/violations\/|(^|\/)generated\//;

/** This checkout: what git tracks plus what is new and not ignored. */
export function thisRepository(): Repository {
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const output = execFileSync("git", list, { cwd: repositoryRoot, encoding: "utf8", maxBuffer: textSizeMaxBytes });
  const paths = [...new Set(output.split("\0"))].filter((path) => path !== "" && !notJudged.test(path));
  return {
    paths: paths.filter((path) => existsSync(join(repositoryRoot, path))).sort(),
    read: (path) => readFileSync(join(repositoryRoot, path), "utf8"),
  };
}

/** A tree in memory, for testing rules. */
export function fakeRepository(files: Record<string, string>): Repository {
  return {
    paths: Object.keys(files).sort(),
    read(path) {
      const text = files[path];
      if (text === undefined) throw new Error(`${path} is not in this tree`);
      return text;
    },
  };
}

/** TypeScript and JavaScript files. */
export function sourcesOf(repository: Repository): string[] {
  return repository.paths.filter((path) => /\.(ts|tsx|mjs|cjs)$/.test(path));
}

/** True for files that only tests use. */
export function isTest(path: string): boolean {
  return /\.(test|e2e)\.tsx?$|(^|\/)(test|testing)\/|\/testing\.ts$|^(e2e|tools)\//.test(path);
}

/** The 1-based line of a character position. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

/** A problem that fails the run. */
export function error(path: string, message: string, line?: number): Problem {
  return { path, message, level: "error", ...(line === undefined ? {} : { line }) };
}

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The repository's root, and its recipes. */
export const repositoryRoot = join(import.meta.dirname, "../..");
export const deployDirectory = join(repositoryRoot, "deploy");

/** A file of deploy/ as text. */
export function deployFile(path: string): string {
  return readFileSync(join(deployDirectory, path), "utf8");
}

/** How a program ended and what it said. */
export function runProgram(program: string, parameters: readonly string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(program, parameters, { encoding: "utf8" });
  return { status, output: `${stdout ?? ""}${stderr ?? ""}` };
}

/** A part of a test's name: why it is skipped, or that the program is there. */
export function presence(program: string, parameters: readonly string[], cure: string) {
  const present = runProgram(program, parameters).status === 0;
  return { present, note: present ? program : `skipped: no ${program} – ${cure}` };
}

/** Properties of the server as environment variables, from the generated reference. */
export function knownVariables(): Set<string> {
  const reference = readFileSync(join(repositoryRoot, "docs/reference/config.md"), "utf8");
  const names = [...reference.matchAll(/`(DT_[A-Z0-9_]+)`/g)].flatMap(([, name]) => name ?? []);
  const dataSource = names.filter((name) => name.startsWith("DT_DATASOURCE_"));
  const direct = dataSource.map((name) => name.replace("DT_DATASOURCE_", "DT_DATASOURCE_DIRECT_"));
  return new Set([...names, ...direct]);
}

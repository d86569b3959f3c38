/**
 * Runs dependency-cruiser with the rules of .dependency-cruiser.cjs over a tree laid out like this repository.
 * As a program it checks the repository itself.
 *
 * The number of modules matters as much as the number of violations: without a TypeScript that has a JS API the cruiser
 * sees no module at all and reports "no violations".
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { cruise } from "dependency-cruiser";
import extractOptions from "dependency-cruiser/config-utl/extract-depcruise-options";

export const repositoryRoot = resolve(import.meta.dirname, "..", "..");
const topFolders = ["packages", "apps", "tools", "bench", "e2e"];
const violationsShownMax = 200;

/** One broken import rule: the importing file and what it imports, relative to the tree. */
export interface Violation {
  rule: string;
  from: string;
  to: string;
  comment: string;
}

/** What the cruiser saw: how many modules and which violations. */
export interface CruiseReport {
  modules: number;
  violations: Violation[];
}

/** Judges the tree under `baseDirectory` (absolute) by the rules of the repository. */
export async function cruiseTree(baseDirectory: string): Promise<CruiseReport> {
  const { enhancedResolveOptions, ...options } = await extractOptions(join(repositoryRoot, ".dependency-cruiser.cjs"));
  const folders = topFolders.filter((folder) => existsSync(join(baseDirectory, folder)));
  const { output } = await cruise(folders, { ...options, baseDir: baseDirectory }, enhancedResolveOptions);
  if (typeof output === "string") throw new Error(`dependency-cruiser answered with text: ${output.slice(0, 200)}`);
  const comments = new Map<string, string>();
  for (const { name, comment } of options.ruleSet?.forbidden ?? []) {
    if (name !== undefined && comment !== undefined && !comments.has(name)) comments.set(name, comment);
  }
  const violations = output.summary.violations.map(({ rule, from, to }) => {
    return { rule: rule.name, from, to, comment: comments.get(rule.name) ?? "" };
  });
  return { modules: output.summary.totalCruised, violations };
}

async function main(): Promise<void> {
  const { modules, violations } = await cruiseTree(repositoryRoot);
  for (const { rule, from, to, comment } of violations.slice(0, violationsShownMax)) {
    console.error(`${from} → ${to}\n  ${rule}: ${comment}`);
  }
  console.log(`${modules} modules, ${violations.length} broken import rules`);
  if (modules === 0) console.error("The cruiser saw no module: is the pinned TypeScript installed?");
  if (modules === 0 || violations.length > 0) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();

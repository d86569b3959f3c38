import { readFileSync } from "node:fs";
import { join } from "node:path";

const deployDirectory = join(import.meta.dirname, "../../../deploy");

/** What stands in a recipe, and what a test puts there: text or a pattern that must occur, and the lines that replace it. */
export type Replacement = readonly [found: RegExp, times: number, replacement: string];

/** A file of deploy/ with addresses of a test. Throws when the file no longer has what is to be replaced. */
export function recipe(path: string, replacements: readonly Replacement[]): string {
  let text = readFileSync(join(deployDirectory, path), "utf8");
  for (const [found, times, replacement] of replacements) {
    const pattern = new RegExp(found.source, "gm");
    const seen = text.match(pattern)?.length ?? 0;
    if (seen !== times) throw new Error(`deploy/${path}: ${String(found)} occurs ${seen} times, not ${times}`);
    text = text.replace(pattern, () => replacement);
  }
  return text;
}

/**
 * The repository tests itself: rules of the house that no compiler or linter knows. Prints what is wrong where, and the
 * cure; exits with 1 when a rule is broken.
 */
import { thisRepository } from "./repository.ts";
import { tidyRules } from "./rules.ts";

const problemsShownMax = 200;

const repository = thisRepository();
let errors = 0;
let warnings = 0;
for (const rule of tidyRules) {
  for (const { path, line, message, level } of rule.check(repository)) {
    if (level === "error") errors += 1;
    else warnings += 1;
    if (errors + warnings > problemsShownMax) continue;
    console.error(`${level} ${rule.name}: ${path}${line === undefined ? "" : `:${line}`}: ${message}`);
  }
}
console.log(`${tidyRules.length} rules, ${repository.paths.length} files: ${errors} errors, ${warnings} warnings`);
process.exitCode = errors > 0 ? 1 : 0;

/**
 * `npm run check`: what to run before a commit – types, lint, imports, tidy, migrations, and every test that does not kill
 * processes. Minutes instead of the quarter of an hour that `npm test` takes.
 *
 *   npm run check -- --stages types,lint,imports,tidy   the checks of seconds
 */
import { parseArgs } from "node:util";
import { readScope } from "../test/arguments.ts";
import { report, sum } from "../test/report.ts";
import { runStages } from "../test/run-stages.ts";
import { quickStages } from "../test/stages.ts";

const { values } = parseArgs({ options: { stages: { type: "string" } } });
const results = await runStages(readScope(quickStages(), values.stages));
report(results);
process.exitCode = sum(results).failed > 0 ? 1 : 0;

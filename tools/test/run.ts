/**
 * `npm test`: everything CI runs, stage by stage. A failing stage does not stop the others; the last line is the sum:
 * `N passed, N failed` (`, N skipped`). A stage without tests of its own (types, lint, …) counts as one test.
 *
 *   npm test                          all stages
 *   npm test -- --stages types,lint   some of them
 *   npm test -- --database            only the suites that speak SQL, for a pass on another PostgreSQL
 */
import { parseArgs } from "node:util";
import { readScope } from "./arguments.ts";
import { report, sum } from "./report.ts";
import { runStages } from "./run-stages.ts";
import { allStages, databaseStages } from "./stages.ts";

const { values } = parseArgs({
  options: { stages: { type: "string" }, database: { type: "boolean", default: false } },
});

const stages = readScope(values.database ? databaseStages() : allStages(), values.stages);
const results = await runStages(stages);
report(results);
process.exitCode = sum(results).failed > 0 ? 1 : 0;

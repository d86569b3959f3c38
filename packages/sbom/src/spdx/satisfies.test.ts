import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sharedPart } from "../../test/shared-data.ts";
import { expressionAllows, expressionRequiresAny } from "./index.ts";

interface SuiteRow {
  expression: string;
  ids: string[];
  expected: boolean;
}

/** The suite has two tables behind each other: the last eight rows ask what an expression requires, the others what it allows. */
const requirementRows = 8;
const suite = sharedPart("suites/spdx");

test.skipIf(suite.isAbsent)(`the suite's truth tables hold${suite.remark}`, () => {
  const rows = JSON.parse(readFileSync(join(suite.folder, "spdx-expressions.json"), "utf8")) as SuiteRow[];
  const wrong = rows.filter(({ expression, ids, expected }, index) => {
    const asks = index < rows.length - requirementRows ? expressionAllows : expressionRequiresAny;
    return asks(expression, ids) !== expected;
  });
  console.log(`SPDX expressions: ${rows.length - wrong.length} of ${rows.length} rows of the suite hold`);
  expect(wrong).toEqual([]);
});

test.each([
  ["MIT OR GPL-3.0-only", ["MIT"], true, false],
  ["MIT AND GPL-3.0-only", ["MIT"], false, true],
  ["GPL-2.0+", ["GPL-3.0-only"], true, true],
  ["GPL-2.0-only", ["GPL-3.0-or-later"], false, false],
  ["LGPL-2.1-or-later", ["GPL-3.0-only"], false, false],
  ["BSD-2-Clause+", ["BSD-3-Clause"], false, false],
  ["GFDL-1.2-invariants-or-later", ["GFDL-1.3-invariants-only"], true, true],
  ["GFDL-1.2-invariants-or-later", ["GFDL-1.3-only"], false, false],
  ["LPPL-1.3a+", ["LPPL-1.3c"], true, true],
  ["LicenseRef-Own", ["licenseref-own"], true, true],
  ["GPL-2.0-only", ["GPL-2.0-only WITH Classpath-exception-2.0"], false, false],
  ["no expression", ["MIT"], false, false],
  ["MIT", ["((", "mit"], true, true],
  ["MIT", [], false, false],
])("%j with %j: allowed %j, required %j", (expression, ids, allowed, required) => {
  expect([expressionAllows(expression, ids), expressionRequiresAny(expression, ids)]).toEqual([allowed, required]);
});

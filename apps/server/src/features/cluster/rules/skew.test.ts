import { expect, test } from "vitest";
import { whyNotJoin, whyNotUse } from "./skew.ts";

const state = { minJoinVersion: "0.0.0", finalizedVersion: "1.0.0", targetVersion: null, finalizeStep: null };
const living = (...versions: string[]) => versions.map((version) => ({ id: `i-${version}`, version }));

test.each([
  ["0.1.0", "0.0.0", true],
  ["1.4.0", "1.4.0", true],
  ["1.10.0", "1.9.3", true],
  ["1.4.0", "1.4.0-rc.2", true],
  ["1.4.0-rc.1", "1.4.0-rc.2", false],
  ["1.4.0-rc.1", "1.4.0", false],
  ["0.9.9", "1.0.0", false],
])("%s where at least %s is asked for: %s", (version, minJoinVersion, may) => {
  const refusal = whyNotJoin(
    { version, minBesideVersion: "0.0.0" },
    { state: { ...state, finalizedVersion: null, minJoinVersion }, living: [] },
  );
  expect(refusal === undefined).toBe(may);
});

test("a database nobody has joined yet takes any version", () => {
  expect(whyNotJoin({ version: "9.0.0", minBesideVersion: "8.0.0" }, { state: undefined, living: [] })).toBeUndefined();
});

test("the next version may join beside the one before, and an older one that restarts beside it", () => {
  const cluster = { state: { ...state, targetVersion: "1.1.0" }, living: living("1.0.0", "1.1.0") };
  expect(whyNotJoin({ version: "1.1.0", minBesideVersion: "1.0.0" }, cluster)).toBeUndefined();
  expect(whyNotJoin({ version: "1.0.0", minBesideVersion: "0.9.0" }, cluster)).toBeUndefined();
  expect(whyNotJoin({ version: "1.1.1", minBesideVersion: "1.0.0" }, cluster)).toBeUndefined();
});

test("a version that skips what has to be finalized first is refused, with both versions and what to do", () => {
  const refusal = whyNotJoin({ version: "1.2.0", minBesideVersion: "1.1.0" }, { state, living: living("1.1.0") });
  expect(refusal).toMatch(/1\.2\.0 is too far ahead.*finalized version is 1\.0\.0.*from 1\.1\.0 on.*finalize/);
});

test("a living instance that is too old to run beside is named", () => {
  const finalized = { ...state, finalizedVersion: "1.1.0" };
  const refusal = whyNotJoin(
    { version: "1.2.0", minBesideVersion: "1.1.0" },
    { state: finalized, living: living("1.1.0", "1.0.5") },
  );
  expect(refusal).toMatch(/1\.2\.0 may not run beside i-1\.0\.5 of version 1\.0\.5.*replace/);
});

test("while an upgrade is finalized a still newer version waits, the target itself does not", () => {
  const cluster = {
    state: { ...state, targetVersion: "1.1.0", minJoinVersion: "1.1.0", finalizeStep: "contract" as const },
    living: living("1.1.0"),
  };
  expect(whyNotJoin({ version: "1.1.1", minBesideVersion: "1.0.0" }, cluster)).toMatch(
    /1\.1\.1 has to wait: the upgrade to 1\.1\.0 is being finalized/,
  );
  expect(whyNotJoin({ version: "1.1.0", minBesideVersion: "1.0.0" }, cluster)).toBeUndefined();
  expect(whyNotJoin({ version: "1.0.0", minBesideVersion: "1.0.0" }, cluster)).toMatch(/too old/);
});

test("a database contracted by a later version is refused", () => {
  expect(whyNotUse("1.0.0", [])).toBeUndefined();
  expect(whyNotUse("1.0.0", ["app/1__drop"])).toMatch(/1\.0\.0 is too old.*app\/1__drop.*newer version/);
});

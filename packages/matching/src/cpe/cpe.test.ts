import { describe, expect, test } from "vitest";
import { CPE_CHARS_MAX, CpeError, formatCpe } from "./cpe.ts";
import { cpeLookupOf } from "./lookup-key.ts";
import { matchesCpe } from "./match-cpe.ts";
import { parseCpe } from "./parse-cpe.ts";
import { relateCpeValues } from "./relation.ts";

describe("CPE names", () => {
  test.each([
    ["cpe:/a:apache:log4j:2.0", "cpe:2.3:a:apache:log4j:2.0:*:*:*:*:*:*:*"],
    ["cpe:/a:foo:bar%21:-::~e~home~node.js~x64~-:en-us", "cpe:2.3:a:foo:bar\\!:-:*:e:en-us:home:node.js:x64:-"],
    ["cpe:/o:vendor:%01roduct%02", "cpe:2.3:o:vendor:?roduct*:*:*:*:*:*:*:*:*"],
    ["CPE:2.3:a:a\\:b:p\\.q:1\\.0:*:*:*:*:*:*:*", "cpe:2.3:a:a\\:b:p.q:1.0:*:*:*:*:*:*:*"],
    ["cpe:2.3:a:v:\\-:\\*:*:*:*:*:*:*:*", "cpe:2.3:a:v:\\-:\\*:*:*:*:*:*:*:*"],
  ])("%s is %s", (text, formatted) => {
    expect(formatCpe(parseCpe(text))).toBe(formatted);
    expect(formatCpe(parseCpe(formatted))).toBe(formatted);
  });

  test.each([
    "",
    "pkg:npm/a@1",
    "cpe:2.3:a:v:p:1",
    "cpe:2.3:x:v:p:1:*:*:*:*:*:*:*",
    "cpe:2.3:a:v:p::*:*:*:*:*:*:*",
    "cpe:2.3:a:v:p q:1:*:*:*:*:*:*:*",
    "cpe:2.3:a:v:p:1:*:*:*:*:*:*:\\",
    "cpe:/a:v:p:1:2:3:4:5",
    "cpe:/a:v:p%2",
    "cpe:/a:v:p:1::~a~b",
    `cpe:/a:v:${"p".repeat(CPE_CHARS_MAX)}`,
  ])("%s is refused", (text) => {
    expect(() => parseCpe(text)).toThrow(CpeError);
  });
});

test("wildcards match whole values, quoted ones only themselves, and many of them cost little", () => {
  expect(relateCpeValues("foo*", "FOObar")).toBe("SUPERSET");
  expect(relateCpeValues("?oo", "foo")).toBe("SUPERSET");
  expect(relateCpeValues("?oo", "oo")).toBe("DISJOINT");
  expect(relateCpeValues("foo\\*", "foobar")).toBe("DISJOINT");
  expect(relateCpeValues("*\\+*", "a\\+b")).toBe("SUPERSET");
  expect(relateCpeValues(`${"*a".repeat(200)}b`, "a".repeat(1_000))).toBe("DISJOINT");
});

test("a range that the scheme cannot read is read generically", () => {
  const record = { cpe: parseCpe("cpe:/a:v:p"), range: { endExcluding: "2.0 (build 7)" } };
  expect(matchesCpe(record, parseCpe("cpe:/a:v:p:1.5"), "npm")).toBe(true);
  expect(matchesCpe(record, parseCpe("cpe:/a:v:p:2.5"), "npm")).toBe(false);
});

test("a record that restricts the target software is for that software", () => {
  const record = { cpe: parseCpe("cpe:2.3:a:v:p:*:*:*:*:*:node.js:*:*"), range: {} };
  expect(matchesCpe(record, parseCpe("cpe:2.3:a:v:p:1:*:*:*:*:*:*:*"))).toBe(true);
  expect(matchesCpe(record, parseCpe("cpe:2.3:a:v:p:1:*:*:*:*:android:*:*"))).toBe(false);
});

test("candidates are looked up in lower case, and a product that says nothing is not analysed", () => {
  expect(cpeLookupOf(parseCpe("cpe:/a:Apache:Log4J:2"))).toEqual({
    part: ["*", "a"],
    vendor: ["*", "apache"],
    product: ["*", "log4j"],
  });
  expect(cpeLookupOf(parseCpe("cpe:2.3:a:*:p:1:*:*:*:*:*:*:*"))?.vendor).toBeUndefined();
  expect(cpeLookupOf(parseCpe("cpe:/a:apache:-"))).toBeUndefined();
  expect(cpeLookupOf(parseCpe("cpe:/a:apache"))).toBeUndefined();
});

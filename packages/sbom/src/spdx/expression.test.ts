import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  expressionIds,
  formatExpression,
  normalExpression,
  parseExpression,
  SpdxError,
  type SpdxExpression,
  spdxExceptionId,
  spdxLicenseId,
  tryParseExpression,
} from "./index.ts";
import { expressionMaxChars } from "./tokens.ts";

/** Of random expressions. */
const SEED = Number(process.env.SEED ?? 20_261_123);

const written = (text: string) => formatExpression(parseExpression(text));
const normal = (text: string) => normalExpression(parseExpression(text));

describe("an expression", () => {
  test("is read in any case and written as the SPDX list has it", () => {
    expect(written("mit")).toBe("MIT");
    expect(written(" ( apache-2.0 or MIT ) and gpl-2.0+ with classpath-EXCEPTION-2.0 ")).toBe(
      "(Apache-2.0 OR MIT) AND GPL-2.0+ WITH Classpath-exception-2.0",
    );
    expect(written("DocumentRef-x:LicenseRef-y AND LicenseRef-A.b-1")).toBe(
      "DocumentRef-x:LicenseRef-y AND LicenseRef-A.b-1",
    );
  });

  test("binds WITH closest, then AND, then OR", () => {
    expect(parseExpression("MIT OR ISC AND GPL-3.0-only WITH GCC-exception-3.1")).toEqual({
      kind: "or",
      parts: [
        { kind: "license", id: "MIT", orLater: false },
        {
          kind: "and",
          parts: [
            { kind: "license", id: "ISC", orLater: false },
            { kind: "license", id: "GPL-3.0-only", orLater: false, exception: "GCC-exception-3.1" },
          ],
        },
      ],
    });
    expect(written("MIT AND (ISC AND (Zlib OR 0BSD))")).toBe("MIT AND ISC AND (Zlib OR 0BSD)");
  });

  test("names its licences once each", () => {
    expect(expressionIds(parseExpression("MIT OR (ISC AND mit) OR LicenseRef-x"))).toEqual([
      "MIT",
      "ISC",
      "LicenseRef-x",
    ]);
  });

  test("has one normal form for what means the same", () => {
    expect(normal("(MIT OR GPL-2.0) OR mit")).toBe("GPL-2.0-only OR MIT");
    expect(normal("MIT OR GPL-2.0-only")).toBe(normal("gpl-2.0 OR (MIT OR MIT)"));
    expect(normal("GPL-2.0+")).toBe("GPL-2.0-or-later");
    expect(normal("GPL-2.0-with-classpath-exception")).toBe("GPL-2.0-only WITH Classpath-exception-2.0");
    expect(normal("(MIT AND MIT) AND (ISC AND MIT)")).toBe("ISC AND MIT");
    expect(normal("wxWindows OR Apache-2.0+")).toBe("Apache-2.0+ OR LGPL-2.0-or-later WITH WxWindows-exception-3.1");
  });

  test.each([
    ["", "A licence is missing at character 1"],
    ["MIT AND", "A licence is missing at character 8"],
    ["MIT ISC", '"ISC" follows without AND or OR at character 5'],
    ["(MIT", "This parenthesis is not closed: at character 1"],
    ["MIT)", "A parenthesis is closed that was not opened at character 4"],
    ["MIT OR OR ISC", 'A licence is missing before "OR" at character 8'],
    ["GPL-2.0 WITH", "An exception is missing after WITH at character 13"],
    ["GPL-2.0 WITH MIT", '"MIT" is no exception of the SPDX licence list at character 14'],
    ["Apache 2", '"Apache" is no id of the SPDX licence list at character 1'],
    ["MIT/ISC", '"/" has no place in an expression at character 4'],
    ["LicenseRef-a+", "A reference has no later versions at character 13"],
    ["MIT +", '"+" has no place in an expression at character 5'],
    ["MIT AND+ ISC", "A + stands where no licence is at character 8"],
    ["NOASSERTION", '"NOASSERTION" is no id of the SPDX licence list at character 1'],
  ])("%j is refused with its place", (text, message) => {
    expect(() => parseExpression(text)).toThrow(SpdxError);
    expect(() => parseExpression(text)).toThrow(message);
  });

  test("keeps ids that the list does not have where that is wanted", () => {
    expect(formatExpression(parseExpression("Sun AND mit WITH thing", { unknownIds: "keep" }))).toBe(
      "Sun AND MIT WITH thing",
    );
    expect(tryParseExpression("Sun AND mit")).toBeUndefined();
  });

  test("too long or too deep is refused", () => {
    expect(() => parseExpression("MIT OR ".repeat(10_000))).toThrow(`at most ${expressionMaxChars} characters`);
    expect(() => parseExpression(`${"(".repeat(65)}MIT${")".repeat(65)}`)).toThrow("deeper than 64");
    const wide = Array.from({ length: 2_500 }, () => "MIT").join(" OR ");
    expect(normal(wide)).toBe("MIT");
  });
});

test("the list has the licences and the exceptions apart", () => {
  expect([spdxLicenseId("zpl-2.1"), spdxLicenseId("0bsd"), spdxLicenseId("389-exception")]).toEqual([
    "ZPL-2.1",
    "0BSD",
    undefined,
  ]);
  expect([
    spdxExceptionId("X11VNC-openssl-exception"),
    spdxExceptionId("389-exception"),
    spdxExceptionId("MIT"),
  ]).toEqual(["x11vnc-openssl-exception", "389-exception", undefined]);
});

const term = fc.record({
  kind: fc.constant("license" as const),
  id: fc.constantFrom("MIT", "GPL-2.0-only", "Apache-2.0", "LicenseRef-x", "BSD-3-Clause", "eCos-2.0"),
  orLater: fc.constant(false),
});
const tree: fc.Arbitrary<SpdxExpression> = fc.letrec<{ node: SpdxExpression }>((tie) => ({
  node: fc.oneof(
    { depthSize: "small" },
    term,
    fc.record({
      kind: fc.constantFrom("and" as const, "or" as const),
      parts: fc.array(tie("node"), { minLength: 2, maxLength: 4 }),
    }),
  ),
})).node;

test("what is written is read again to the same, and a normal form is its own", () => {
  fc.assert(
    fc.property(tree, (expression) => {
      const once = written(formatExpression(expression));
      expect(written(once)).toBe(once);
      const form = normal(once);
      expect(normal(form)).toBe(form);
    }),
    { seed: SEED, numRuns: 500 },
  );
});

test("any text is read or refused with a place inside of it", () => {
  const word = fc.constantFrom(
    "MIT",
    "(",
    ")",
    " ",
    "AND",
    "or",
    "WITH",
    "+",
    "GPL-2.0",
    "Classpath-exception-2.0",
    "ü",
    ":",
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 30 }), (words) => {
      const text = words.join("");
      try {
        parseExpression(text);
      } catch (error) {
        expect(error).toBeInstanceOf(SpdxError);
        expect((error as SpdxError).offset).toBeLessThanOrEqual(text.length);
      }
    }),
    { seed: SEED, numRuns: 2_000 },
  );
});

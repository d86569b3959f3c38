import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { type LoadOptions, loadConfig } from "./load.ts";
import { type Property, property } from "./property.ts";

const directories: string[] = [];
let directory = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "config-"));
  mkdirSync(join(directory, "config"));
  directories.push(directory);
});
afterAll(() => {
  for (const each of directories) rmSync(each, { recursive: true });
});

const size = property.integer("dt.pool.max-size", { default: 30, min: 2, meaning: "size" });
const text = property.string("dt.some.text", { meaning: "text" });

function load(options: Partial<LoadOptions> = {}) {
  return loadConfig({ environment: {}, workingDirectory: directory, ...options });
}

function file(name: string, content: string) {
  writeFileSync(join(directory, name), content);
}

describe("the first source that knows a property wins", () => {
  const names = ["command line", "environment", ".env", "profile file", "application.properties", "profile", "default"];

  test.each(names.map((name, index) => [name, index]))("%s before what follows it", (_, from) => {
    const values = names.map((_name, index) => (index < Number(from) ? undefined : String(index + 10)));
    const [flag, variable, dotEnv, profileFile, application, builtIn] = values;
    if (dotEnv) file(".env", `DT_POOL_MAX_SIZE=${dotEnv}\n`);
    if (profileFile) file("config/application-web.properties", `dt.pool.max-size=${profileFile}\n`);
    if (application) file("config/application.properties", `dt.pool.max-size=${application}\n`);
    const config = load({
      environment: { DT_CONFIG_PROFILE: "web", DT_POOL_MAX_SIZE: variable },
      ...(flag ? { overrides: new Map([["dt.pool.max-size", flag]]) } : {}),
      profileDefaults: () => new Map(builtIn ? [["dt.pool.max-size", builtIn]] : []),
    });
    expect(config.get(size)).toBe(from === 6 ? 30 : Number(from) + 10);
  });

  test("a number left empty is one left out", () => {
    expect(load({ environment: { DT_POOL_MAX_SIZE: "" } }).get(size)).toBe(30);
  });
  test("a profile that exists nowhere is refused", () => {
    expect(() => load({ environment: { DT_CONFIG_PROFILE: "wbe" } })).toThrow(/dt\.config\.profile: "wbe" is not/);
  });
  test("a profile cannot name a file elsewhere", () => {
    expect(() => load({ environment: { DT_CONFIG_PROFILE: "../../etc/x" } })).toThrow(/a name of letters/);
  });
});

describe("environment spellings", () => {
  const quoted = property.integer('dt.cache."vuln-analyzer.snyk.results".ttl-ms', { default: 1, meaning: "ttl" });

  test.each([
    'dt.cache."vuln-analyzer.snyk.results".ttl-ms',
    "dt_cache__vuln_analyzer_snyk_results__ttl_ms",
    "DT_CACHE__VULN_ANALYZER_SNYK_RESULTS__TTL_MS",
  ])("%s", (name) => expect(load({ environment: { [name]: "7" } }).get(quoted)).toBe(7));

  test("the exact name wins over underscores, these over capitals", () => {
    const environment = { DT_POOL_MAX_SIZE: "5", dt_pool_max_size: "4", "dt.pool.max-size": "3" };
    expect(load({ environment }).get(size)).toBe(3);
    expect(load({ environment: { ...environment, "dt.pool.max-size": undefined } }).get(size)).toBe(4);
  });
});

describe("expressions", () => {
  const expanded = (value: string, environment: Record<string, string> = {}, declared: LoadOptions["declared"] = []) =>
    load({ environment: { DT_SOME_TEXT: value, ...environment }, declared }).get(text);

  test("another property, wherever it is set, and a default of one that is not", () => {
    file("config/application.properties", "dt.other = there\n");
    expect(expanded("in ${dt.other}/${dt.missing:x:y}")).toBe("in there/x:y");
  });
  test("the declared default of another property", () => {
    const home = property.string("dt.data-directory", { default: "${user.home}/.data", meaning: "data" });
    expect(expanded("${dt.data-directory}/storage", {}, [home])).toBe(`${homedir()}/.data/storage`);
  });
  test("nested ones, and braces that are none", () => {
    expect(expanded("${dt.${dt.which}} {a} $b ${open", { DT_WHICH: "a", DT_A: "yes" })).toBe("yes {a} $b ${open");
  });
  test("a property that is not set is named", () => {
    expect(() => expanded("${dt.missing}")).toThrow('dt.some.text: "${dt.missing}" is not a property that is set');
  });
  test("a circle ends", () => {
    expect(() => expanded("${dt.a}", { DT_A: "${dt.b}", DT_B: "${dt.a}" })).toThrow(/nested expressions/);
  });

  test("a file: trailing white space is cut, its content is literal", () => {
    file("secret", "p${dt.missing}\\w \n\n");
    expect(expanded(`\${file::${directory}/secret}`)).toBe("p${dt.missing}\\w");
  });
  test("64 KiB of a file are read, one byte more is refused", () => {
    file("full", "a".repeat(65_536));
    expect(expanded(`\${file::${directory}/full}`)).toHaveLength(65_536);
    file("over", "a".repeat(65_537));
    expect(() => expanded(`\${file::${directory}/over}`)).toThrow(/at most 65536 bytes/);
  });
  test("a file that does not exist, or is none, is named", () => {
    expect(() => expanded(`\${file::${directory}/nothing}`)).toThrow(
      /dt\.some\.text.*nothing" is not a file that exists/,
    );
    expect(() => expanded(`\${file::${directory}}`)).toThrow(/not a file that exists/);
  });
});

describe("files", () => {
  const read = (name: string) => load().get(property.string(name, { meaning: "x" }));

  test("Java properties: separators, comments, continued lines, escapes, quoted keys", () => {
    const lines = [
      "\uFEFF# comment \\",
      "! other",
      "dt.a=1",
      "dt.b : two words ",
      "dt.c three",
      "dt.d=x=y:z#no comment",
      "dt.e=jdbc\\:postgresql\\://h/d",
      "dt.f=one\\",
      "   two",
      "dt.g=back\\\\slash \\u00e9",
      'dt."q.r".s=quoted',
      "dt.h=",
    ];
    file("config/application.properties", lines.join("\r\n"));
    expect(["dt.a", "dt.b", "dt.c", "dt.d"].map(read)).toEqual(["1", "two words", "three", "x=y:z#no comment"]);
    expect(["dt.e", "dt.f", "dt.g"].map(read)).toEqual(["jdbc:postgresql://h/d", "onetwo", "back\\slash é"]);
    expect(['dt."q.r".s', "dt.h"].map(read)).toEqual(["quoted", ""]);
  });
  test(".env: comments, export, quotes; everything else is the value", () => {
    file(".env", "# c\nexport DT_A='a b'\nDT_B=\"x#y\"\n DT_C = pass#word\\n \r\ndt.d=4\nnonsense\n");
    expect(["dt.a", "dt.b", "dt.c", "dt.d"].map(read)).toEqual(["a b", "x#y", "pass#word\\n", "4"]);
  });
});

describe("a value of the wrong kind names its property and what it may be", () => {
  const cases: [Property<unknown>, string, RegExp][] = [
    [size, "1", /dt\.pool\.max-size: "1" is not a whole number from 2/],
    [size, "2.5", /whole number/],
    [property.boolean("dt.pool.max-size", { meaning: "" }), "maybe", /true or false/],
    [property.double("dt.pool.max-size", { meaning: "" }), "x", /a number/],
    [property.oneOf("dt.pool.max-size", ["a", "b"], { meaning: "" }), "c", /one of a, b/],
    [property.cron("dt.pool.max-size", { meaning: "" }), "* * * *", /five fields/],
    [property.cron("dt.pool.max-size", { meaning: "" }), "0 25 * * *", /five fields/],
    [property.cron("dt.pool.max-size", { meaning: "" }), "0 0 30 2 *", /five fields/],
    [
      property.cron("dt.pool.max-size", { meaning: "" }),
      "0 0 0 1 1 * 2020",
      /dt\.pool\.max-size: "0 0 0 1 1 \* 2020" is not/,
    ],
  ];
  test.each(cases)("%#", (declared, value, message) => {
    expect(() => load({ environment: { DT_POOL_MAX_SIZE: value } }).get(declared)).toThrow(message);
  });
  test("a schedule may have seconds in front", () => {
    const everyTwoSeconds = property.cron("dt.pool.max-size", { default: "0 3 * * *", meaning: "" });
    expect(load().get(everyTwoSeconds)).toBe("0 3 * * *");
    expect(load({ environment: { DT_POOL_MAX_SIZE: " */2 * * * * * " } }).get(everyTwoSeconds)).toBe("*/2 * * * * *");
  });
  test("one that must be set and is not", () => {
    expect(() => load().get(text)).toThrow('dt.some.text: "" is not set (it has no default)');
  });
});

import { describe, expect, test } from "vitest";
import { type CpeConfiguration, holdsConfiguration, isVulnerableIn, recordsOfConfigurations } from "./configuration.ts";
import { formatCpe } from "./cpe.ts";
import { parseCpe } from "./parse-cpe.ts";
import { readNvdConfigurations } from "./read-configurations.ts";

const APP = { vulnerable: true, criteria: "cpe:2.3:a:v:app:*:*:*:*:*:*:*:*", versionEndExcluding: "2.0" };
const SYSTEM = { vulnerable: false, criteria: "cpe:2.3:o:v:os:*:*:*:*:*:*:*:*", versionStartIncluding: "10" };
const ON_SYSTEM = {
  operator: "AND",
  nodes: [
    { operator: "OR", negate: false, cpeMatch: [APP] },
    { operator: "OR", negate: false, cpeMatch: [SYSTEM] },
  ],
};

const app = (version: string) => ({ cpe: parseCpe(`cpe:/a:v:app:${version}`) });
const system = (version: string) => ({ cpe: parseCpe(`cpe:/o:v:os:${version}`) });

function only(value: unknown): CpeConfiguration {
  const [configuration] = readNvdConfigurations([value]).configurations;
  if (configuration === undefined) throw new Error("nothing was read");
  return configuration;
}

describe("configurations", () => {
  test("AND needs both sides, and only the vulnerable side is vulnerable", () => {
    const configuration = only(ON_SYSTEM);
    expect(isVulnerableIn(configuration, app("1.9"), [system("10")])).toBe(true);
    expect(isVulnerableIn(configuration, app("1.9"), [system("9")])).toBe(false);
    expect(isVulnerableIn(configuration, app("2.0"), [system("10")])).toBe(false);
    expect(isVulnerableIn(configuration, system("10"), [app("1.9")])).toBe(false);
    expect(isVulnerableIn(configuration, app("1.9"), [])).toBe(false);
  });

  test("OR needs one side", () => {
    const either = only({ ...ON_SYSTEM, operator: "OR" });
    expect(holdsConfiguration(either, [app("1.9")])).toBe(true);
    expect(holdsConfiguration(either, [system("10")])).toBe(true);
    expect(holdsConfiguration(either, [app("2.0"), system("9")])).toBe(false);
  });

  test("negation turns a node or the whole around", () => {
    const [first, second] = ON_SYSTEM.nodes;
    const elsewhere = only({ operator: "AND", nodes: [first, { ...second, negate: true }] });
    expect(isVulnerableIn(elsewhere, app("1.9"), [system("9")])).toBe(true);
    expect(isVulnerableIn(elsewhere, app("1.9"), [system("10")])).toBe(false);
    expect(holdsConfiguration(only({ ...ON_SYSTEM, negate: true }), [])).toBe(true);
    expect(isVulnerableIn(only({ ...ON_SYSTEM, negate: true }), app("1.9"), [])).toBe(false);
  });

  test("an empty node holds of nothing", () => {
    expect(holdsConfiguration(only({ nodes: [{ operator: "AND", cpeMatch: [] }] }), [app("1")])).toBe(false);
  });
});

describe("records for single components", () => {
  const namesOf = (value: unknown) =>
    recordsOfConfigurations(readNvdConfigurations(value).configurations).map(({ cpe }) => formatCpe(cpe));

  test("what is not vulnerable or negated is left out, and nothing is named twice", () => {
    expect(namesOf([ON_SYSTEM, ON_SYSTEM])).toEqual([APP.criteria]);
    expect(namesOf([{ ...ON_SYSTEM, negate: true }])).toEqual([]);
    expect(namesOf([{ nodes: [{ operator: "OR", negate: true, cpeMatch: [APP] }] }])).toEqual([]);
  });

  test("of an application on a vulnerable system only the application stays", () => {
    const both = [APP, { ...SYSTEM, vulnerable: true }];
    expect(namesOf([{ nodes: [{ operator: "AND", cpeMatch: both }] }])).toEqual([APP.criteria]);
    expect(namesOf([{ nodes: [{ operator: "OR", cpeMatch: both }] }])).toEqual([APP.criteria, SYSTEM.criteria]);
  });

  test("a criterion that cannot be read is counted and costs only itself", () => {
    const read = readNvdConfigurations([{ nodes: [{ cpeMatch: [{ criteria: "nonsense", vulnerable: true }, APP] }] }]);
    expect(read.unreadable).toBe(1);
    expect(recordsOfConfigurations(read.configurations)).toHaveLength(1);
    expect(readNvdConfigurations("nonsense")).toEqual({ configurations: [], unreadable: 0 });
  });
});

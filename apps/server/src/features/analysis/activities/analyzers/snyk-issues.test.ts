import { describe, expect, test } from "vitest";
import { readSnykIssues } from "./snyk-issues.ts";

const PURL = "pkg:npm/a@1.0.0";
const issue = (attributes: object, id = "SNYK-JS-A-1") => ({
  id,
  type: "issue",
  attributes: {
    key: id,
    title: "About it",
    coordinates: [{ representations: [{ resource_path: "<2" }, { package: { url: "pkg:npm/A@1.0.0" } }] }],
    ...attributes,
  },
});
const answer = (...issues: object[]) => Buffer.from(JSON.stringify({ data: issues }));
const only = (attributes: object, id?: string) => readSnykIssues(answer(issue(attributes, id)), [PURL]).get(PURL)?.[0];

const other = [{ representations: [{ package: { url: "pkg:npm/b@1.0.0" } }] }];

describe("an answer of Snyk", () => {
  test("tells of the packages it names, whatever their case, and of all others that it knows of nothing", () => {
    const found = readSnykIssues(answer(issue({})), [PURL, "pkg:npm/b@1.0.0"]);
    expect([...found].map(([purl, issues]) => [purl, issues.map(({ vulnId }) => vulnId)])).toEqual([
      [PURL, ["SNYK-JS-A-1"]],
      ["pkg:npm/b@1.0.0", []],
    ]);
  });

  test("may encode package URLs in its own way", () => {
    const asked = "pkg:npm/%40a/b@1.0.0";
    const coordinates = [{ representations: [{}, { package: { url: "pkg:npm/@a/b@1.0.0" } }] }];
    expect(readSnykIssues(answer(issue({ coordinates })), [asked]).get(asked)).toHaveLength(1);
  });

  test("names its own id, or else that of the problem of Snyk; CVEs and GHSAs are its other names", () => {
    const problems = [
      { id: "cve-2026-1001", source: "CVE" },
      { id: "GHSA-AAAA-bbbb-cccc", source: "GHSA" },
      { id: "CWE-79", source: "CWE" },
      { id: "SNYK-JS-A-2", source: "SNYK" },
    ];
    expect(only({ problems }, "6f6f1b")).toMatchObject({
      source: "SNYK",
      vulnId: "SNYK-JS-A-2",
      cwes: [79],
      aliases: [
        { source: "NVD", vulnId: "CVE-2026-1001" },
        { source: "GITHUB", vulnId: "GHSA-aaaa-bbbb-cccc" },
      ],
      referenceUrl: "https://security.snyk.io/vuln/SNYK-JS-A-2",
    });
  });

  test("rates once by each method: as NVD does, then Snyk, Red Hat, SUSE, others; then the higher score", () => {
    const v31 = (source: string, score: number) => ({ source, level: "high", score, vector: `CVSS:3.1/AV:N/${score}` });
    const v4 = { source: "Snyk", level: "medium", score: 5.1, vector: "CVSS:4.0/AV:N" };
    const severities = [v31("Other", 9.9), v31("SUSE", 3), v31("Snyk", 7), v4];
    const ratings = (list: object[]) =>
      only({ severities: list })?.ratings.map(({ source, method, score }) => [source, method, score]);
    expect(ratings(severities)).toEqual([
      ["Snyk", "CVSSV31", 7],
      ["Snyk", "CVSSV4", 5.1],
    ]);
    expect(ratings([...severities, v31("NVD", 1)])?.[0]).toEqual(["NVD", "CVSSV31", 1]);
    expect(ratings([v31("Other", 2), v31("Another", 3)])).toEqual([["Another", "CVSSV31", 3]]);
  });

  test.each([
    ["is no JSON", Buffer.from("<html>"), "no list of issues"],
    ["has no data", Buffer.from("{}"), "no list of issues"],
    [
      "is an error",
      Buffer.from(JSON.stringify({ errors: [{ detail: "no such organisation" }] })),
      "no such organisation",
    ],
    ["does not say of which package", answer(issue({ coordinates: [] })), 'unreadable of "SNYK-JS-A-1"'],
    ["tells of a package nobody asked about", answer(issue({ coordinates: other })), 'unreadable of "SNYK-JS-A-1"'],
    ["names nothing", answer(issue({ key: null }, "")), "unreadable of"],
  ])("that %s is refused as a whole, so that nothing is retracted by it", (_, content, message) => {
    expect(() => readSnykIssues(content, [PURL])).toThrow(message);
  });
});

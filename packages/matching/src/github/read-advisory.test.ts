import { describe, expect, it } from "vitest";
import { prepareAffected } from "../ranges/affected.ts";
import { readGithubAdvisory } from "./read-advisory.ts";

const VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";

function node(members: Record<string, unknown> = {}) {
  return {
    ghsaId: "GHSA-aaaa-bbbb-cccc",
    updatedAt: "2026-01-02T00:00:00Z",
    vulnerabilities: { nodes: [affecting("< 2.0.0", "2.0.0")] },
    ...members,
  };
}

function affecting(vulnerableVersionRange: string, patched?: string, ecosystem = "NPM", name = "sample") {
  const firstPatchedVersion = patched === undefined ? null : { identifier: patched };
  return { package: { ecosystem, name }, vulnerableVersionRange, firstPatchedVersion };
}

describe("an advisory of GitHub", () => {
  it("is read with ratings, weaknesses, other names and packages", () => {
    const advisory = readGithubAdvisory(
      node({
        summary: "Title",
        description: "Text",
        severity: "MODERATE",
        publishedAt: "2026-01-01T00:00:00Z",
        withdrawnAt: null,
        identifiers: [
          { type: "GHSA", value: "GHSA-aaaa-bbbb-cccc" },
          { type: "CVE", value: "CVE-2026-0001" },
        ],
        references: [{ url: "https://example.org/1" }],
        cvss: { score: 0, vectorString: null },
        cvssSeverities: { cvssV3: { score: 9.8, vectorString: VECTOR }, cvssV4: null },
        cwes: { edges: [{ node: { cweId: "CWE-79" } }] },
      }),
    );
    expect(advisory).toEqual({
      id: "GHSA-aaaa-bbbb-cccc",
      source: "GITHUB",
      modified: "2026-01-02T00:00:00Z",
      published: "2026-01-01T00:00:00Z",
      aliases: [{ source: "NVD", id: "CVE-2026-0001" }],
      title: "Title",
      description: "Text",
      references: ["https://example.org/1"],
      cwes: [79],
      credits: [],
      severity: { level: "CRITICAL", cvssV3: { vector: VECTOR, score: 9.8 } },
      affected: [
        {
          packageKey: "npm/sample",
          scheme: "npm",
          ecosystem: "npm",
          name: "sample",
          versions: [],
          ranges: [{ kind: "ECOSYSTEM", fixed: "2.0.0" }],
          patched: ["2.0.0"],
        },
      ],
    });
  });

  it("without a vector has the severity of its word, and says when it was withdrawn", () => {
    const advisory = readGithubAdvisory(node({ severity: "MODERATE", withdrawnAt: "2026-01-01T00:00:00Z" }));
    expect([advisory.severity.level, advisory.withdrawn]).toEqual(["MEDIUM", "2026-01-01T00:00:00Z"]);
  });

  it.each([
    [">= 1.0.0, < 1.4.0", ["1.0.0", "1.3.9"], ["0.9.0", "1.4.0"]],
    ["> 1.0.0, <= 1.4.0", ["1.0.1", "1.4.0"], ["1.0.0", "1.4.1"]],
    ["= 1.2.0", ["1.2.0"], ["1.2.1", "1.1.9"]],
    [">= 0", ["0.0.1", "99.0.0"], []],
    ["<2.0.0", ["1.9.9"], ["2.0.0"]],
  ])("%s affects %j and not %j", (range, inside, outside) => {
    const { affected } = readGithubAdvisory(node({ vulnerabilities: { nodes: [affecting(range)] } }));
    const matches = affected.map(prepareAffected)[0];
    const isAffected = (version: string) => matches?.(version);
    expect([inside.map(isAffected), outside.map(isAffected)]).toEqual([
      inside.map(() => true),
      outside.map(() => false),
    ]);
  });

  it.each([
    ["ACTIONS", "actions/checkout", "github/actions/checkout"],
    ["COMPOSER", "drupal/core", "composer/drupal/core"],
    ["ERLANG", "phoenix", "hex/phoenix"],
    ["GO", "golang.org/x/net", "golang/golang.org/x/net"],
    ["MAVEN", "org.example:lib", "maven/org.example:lib"],
    ["NUGET", "Newtonsoft.Json", "nuget/newtonsoft.json"],
    ["PIP", "Foo_Bar", "pypi/foo-bar"],
    ["PUB", "http", "pub/http"],
    ["RUBYGEMS", "rails", "gem/rails"],
    ["RUST", "time", "cargo/time"],
    ["SWIFT", "github.com/vapor/vapor", "swift/github.com/vapor/vapor"],
    ["OTHER", "something", undefined],
  ])("the ecosystem %s names %s as %s", (ecosystem, name, packageKey) => {
    const nodes = [affecting("< 1", undefined, ecosystem, name)];
    expect(readGithubAdvisory(node({ vulnerabilities: { nodes } })).affected[0]?.packageKey).toBe(packageKey);
  });

  it.each<[unknown, string]>([
    [null, "$"],
    [node({ ghsaId: "CVE-2026-0001" }), "$.ghsaId"],
    [node({ updatedAt: "soon" }), "$.updatedAt"],
    [node({ vulnerabilities: null }), "$.vulnerabilities"],
    [node({ vulnerabilities: { nodes: [], pageInfo: { hasNextPage: true } } }), "$.vulnerabilities"],
  ])("%j is unusable at %s", (record, place) => {
    expect(() => readGithubAdvisory(record)).toThrow(expect.objectContaining({ name: "AdvisoryError", place }));
  });

  it.each(["", "1.0", ">= 1 < 2", "< 1, < 2", "= 1, < 2", "~> 1.0"])("the range %j makes it unusable", (range) => {
    const record = node({ vulnerabilities: { nodes: [affecting("< 1"), affecting(range)] } });
    expect(() => readGithubAdvisory(record)).toThrow(/unreadable range/);
  });
});

import { describe, expect, test } from "vitest";
import { AdvisoryError, readOsvAdvisory } from "./read-advisory.ts";

const MINIMAL = { id: "GHSA-aaaa-bbbb-cccc", modified: "2024-01-01T00:00:00Z" };

describe("readOsvAdvisory", () => {
  test("reads a whole record", () => {
    const advisory = readOsvAdvisory({
      ...MINIMAL,
      published: "2023-12-31T00:00:00Z",
      aliases: ["CVE-2024-12345", "PYSEC-2024-1", "CVE-2024-12345"],
      summary: " Title ",
      details: "Text",
      severity: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }],
      references: [{ type: "WEB", url: "https://example.org/a" }],
      credits: [{ name: "Ada", type: "FINDER" }],
      database_specific: { cwe_ids: ["CWE-79", "CWE-20", "CWE-79"], severity: "LOW" },
      affected: [
        {
          package: { ecosystem: "PyPI", name: "Foo.Bar", purl: "pkg:pypi/foo-bar" },
          ranges: [
            { type: "GIT", repo: "x", events: [{ introduced: "0" }, { fixed: "abc" }] },
            { type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed: "1.2" }] },
          ],
          versions: ["1.0", "1.1"],
        },
      ],
    });
    expect(advisory).toEqual({
      id: "GHSA-aaaa-bbbb-cccc",
      source: "GITHUB",
      modified: "2024-01-01T00:00:00Z",
      published: "2023-12-31T00:00:00Z",
      aliases: [
        { source: "NVD", id: "CVE-2024-12345" },
        { source: "OSV", id: "PYSEC-2024-1" },
      ],
      title: "Title",
      description: "Text",
      references: ["https://example.org/a"],
      cwes: [20, 79],
      credits: ["Ada"],
      severity: { level: "CRITICAL", cvssV3: { vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", score: 9.8 } },
      affected: [
        {
          packageKey: "pypi/foo-bar",
          scheme: "pypi",
          ecosystem: "PyPI",
          name: "Foo.Bar",
          purl: "pkg:pypi/foo-bar",
          versions: ["1.0", "1.1"],
          ranges: [{ kind: "ECOSYSTEM", fixed: "1.2" }],
          patched: ["1.2"],
        },
      ],
    });
    expect(JSON.parse(JSON.stringify(advisory))).toEqual(advisory);
  });

  test.each([
    [undefined, "$"],
    [[], "$"],
    [{ modified: MINIMAL.modified }, "$.id"],
    [{ id: "x".repeat(300), modified: MINIMAL.modified }, "$.id"],
    [{ id: "X-1" }, "$.modified"],
    [{ id: "X-1", modified: "soon" }, "$.modified"],
  ])("%j is unusable at %s", (record, place) => {
    const refusal = refusalOf(record);
    expect(refusal).toBeInstanceOf(AdvisoryError);
    expect(refusal).toMatchObject({ place });
  });

  test("whatever else is broken is left out", () => {
    const advisory = readOsvAdvisory({
      ...MINIMAL,
      withdrawn: "never",
      aliases: "CVE-1",
      summary: 7,
      details: "nul\u0000 and lone \ud800 surrogate",
      severity: [{ type: "CVSS_V3", score: "CVSS:3.1/nonsense" }, null],
      references: [{}, { url: "https://a" }, 5],
      credits: { name: "x" },
      database_specific: null,
      affected: [
        null,
        {},
        { package: { name: "x" } },
        {
          package: { ecosystem: "npm", name: "y" },
          ranges: [{ events: [{ introduced: 0 }] }, { type: "SEMVER", events: [{ introduced: "0", fixed: "1.0.0" }] }],
          versions: [1, "2.0.0"],
        },
      ],
    });
    expect(advisory).toMatchObject({
      aliases: [],
      title: "",
      description: "nul and lone \ufffd surrogate",
      references: ["https://a"],
      credits: [],
      severity: { level: "UNASSIGNED" },
    });
    expect(advisory.withdrawn).toBeUndefined();
    expect(advisory.affected).toEqual([
      {
        packageKey: "npm/y",
        scheme: "npm",
        ecosystem: "npm",
        name: "y",
        versions: ["2.0.0"],
        ranges: [{ kind: "SEMVER", fixed: "1.0.0" }],
        patched: ["1.0.0"],
      },
    ]);
  });

  test("severity falls back to the packages' vectors, then to the strongest word", () => {
    const vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H";
    const packageWith = (fields: object) => ({ package: { ecosystem: "npm", name: "a" }, ...fields });
    expect(levelOf({ affected: [packageWith({ severity: [{ type: "CVSS_V3", score: vector }] })] })).toBe("HIGH");
    expect(levelOf({ database_specific: { severity: "MODERATE" } })).toBe("MEDIUM");
    expect(
      levelOf({
        database_specific: { severity: "LOW" },
        affected: [packageWith({ database_specific: { severity: "High" } })],
      }),
    ).toBe("HIGH");
    expect(levelOf({ severity: [{ type: "Ubuntu", score: "medium" }] })).toBe("MEDIUM");
    expect(levelOf({ id: "MAL-2024-1", severity: [{ type: "CVSS_V3", score: vector }] })).toBe("CRITICAL");
  });

  test.each([
    ["Debian:12", "debian-12"],
    ["SUSE:Linux Enterprise Server 15 SP4-LTSS", "sles-15.4"],
    ["SUSE:Linux Enterprise Module for Python 3 15 SP5", "sles-15.5"],
    ["SUSE:Linux Enterprise Server for SAP Applications 12", "sles-12"],
    ["SUSE:Linux Enterprise Micro 5.3", "sle-micro-5.3"],
    ["SUSE:Linux Enterprise Micro for Rancher 5", undefined],
    ["SUSE:Linux Micro 6.0", "sl-micro-6.0"],
    ["SUSE:Manager Server 4.3", undefined],
    ["openSUSE:Leap 15.5", "opensuse-leap-15.5"],
    ["openSUSE:Leap Micro 5.2", "opensuse-leap-micro-5.2"],
    ["openSUSE:Tumbleweed", "opensuse-tumbleweed"],
    ["Alpine:v3.18", "alpine-3.18"],
    ["Ubuntu:22.04:LTS", "ubuntu-22.04"],
    ["Ubuntu:Pro:18.04:LTS", "ubuntu-18.04"],
    ["Red Hat:rhel_aus:8.6::appstream", "rhel-8.6"],
    ["Red Hat:enterprise_linux:9::baseos", "rhel-9"],
    ["Debian", undefined],
    ["npm", undefined],
  ])("the ecosystem %s is the distribution %s", (ecosystem, distro) => {
    const { affected } = readOsvAdvisory({ ...MINIMAL, affected: [{ package: { ecosystem, name: "x" } }] });
    expect(affected[0]?.distro).toBe(distro);
  });
});

function refusalOf(record: unknown): unknown {
  try {
    return readOsvAdvisory(record);
  } catch (error) {
    return error;
  }
}

function levelOf(fields: object): string {
  return readOsvAdvisory({ ...MINIMAL, ...fields }).severity.level;
}

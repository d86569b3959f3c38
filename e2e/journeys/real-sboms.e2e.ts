import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Cluster } from "../harness/cluster.ts";
import { mirrorOsv } from "../harness/osv-mirror.ts";
import { sharedDataPresent, sharedDirectory, sharedFile, sharedLines, WITHOUT_SHARED } from "../harness/shared-data.ts";

const SBOMS = "data/sboms/generated";
const OSV = join(sharedDirectory, "data/osv");

interface FindingRow {
  component: { purl?: string };
  vulnerability: { vulnId: string };
}

/** Qualifiers and subpath do not count in the expectation. */
const coordinates = (purl: string) => purl.split("?")[0]?.split("#")[0] ?? purl;

describe.skipIf(!sharedDataPresent)(`real SBOMs over HTTP against real advisories${WITHOUT_SHARED}`, () => {
  let cluster: Cluster;
  const expected = new Map<string, string[]>();

  beforeAll(async () => {
    for (const line of sharedLines<{ purl: string; expected: string[] }>("data/matching/expected-by-purl.jsonl.gz")) {
      expected.set(line.purl.toLowerCase(), line.expected.toSorted());
    }
    cluster = await Cluster.start({ environment: { DT_VULN_DATA_SOURCE_FILE_ROOTS: OSV } });
    await mirrorOsv(cluster.admin, OSV);
  }, 600_000);
  afterAll(() => cluster?.close());

  const files = sharedDataPresent ? readdirSync(join(sharedDirectory, SBOMS)) : [];
  test.each(files)("the findings of %s equal the expected ones", { timeout: 600_000 }, async (file) => {
    const { token, projectUuid } = await cluster.admin.upload(sharedFile(`${SBOMS}/${file}`), {
      name: file,
      version: "1",
    });
    await cluster.admin.processed(token, 90_000);
    const components = await cluster.admin.listAll<{ purl?: string }>(`/api/v1/component/project/${projectUuid}`);
    const findings = await cluster.admin.listAll<FindingRow>(`/api/v1/finding/project/${projectUuid}`);
    expect(components.length).toBeGreaterThan(0);
    expect(byPurl(findings)).toEqual(expectedOf(components));
  });

  function byPurl(findings: FindingRow[]): Record<string, string[]> {
    const sets = new Map<string, Set<string>>();
    for (const { component, vulnerability } of findings) {
      const key = coordinates(component.purl ?? "").toLowerCase();
      sets.set(key, (sets.get(key) ?? new Set()).add(vulnerability.vulnId));
    }
    return Object.fromEntries([...sets].map(([purl, ids]) => [purl, [...ids].sort()]));
  }

  function expectedOf(components: { purl?: string }[]): Record<string, string[]> {
    const keys = new Set(
      components.flatMap(({ purl }) => (purl === undefined ? [] : [coordinates(purl).toLowerCase()])),
    );
    return Object.fromEntries([...keys].flatMap((key) => (expected.has(key) ? [[key, expected.get(key) ?? []]] : [])));
  }
});

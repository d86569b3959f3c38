import { type ExplanationResponse, explanationResponse } from "@evertrack/contract/v2/explanation";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Seed } from "../../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";
import { expectIsolation, expectRefusals, type Refusable } from "../../../components/testing.ts";
import { matchIdentities } from "../../commands/match-identities.ts";

let server: TestServer;
let seed: Seed;
let key: string;
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
  key = (await server.keyWith(["VIEW_VULNERABILITY"])).key;
  await seed.advisory({ id: "V-known", packageKey: "npm/known" });
});
afterAll(() => server?.close());

const path = (component: string, vulnId: string, source = "OSV") =>
  `/api/v2/components/${component}/findings/${source}/${encodeURIComponent(vulnId)}/explanation`;

async function explain(component: string, vulnId: string, source?: string): Promise<ExplanationResponse> {
  const answer = await server.request("GET", path(component, vulnId, source), { key });
  expect(answer.statusCode, answer.payload).toBe(200);
  return explanationResponse.strict().parse(answer.json());
}

const match = (identityId: number) => server.database.transaction((tx) => matchIdentities(tx, [identityId]));

/** A component of a project of its own that was matched. */
async function component(purl: string | null, columns: { version?: string; cpe?: string } = {}) {
  const project = await seed.project();
  const identityId = await seed.identity(purl, columns.version === undefined ? {} : { version: columns.version });
  if (columns.cpe !== undefined)
    await seed.rows("update component_identity set cpe = $2 where id = $1", [identityId, columns.cpe]);
  const { uuid } = await seed.component(project.id, identityId);
  await match(identityId);
  return { uuid, identityId, project };
}

describe("an explanation", () => {
  const route: Refusable = {
    method: "GET",
    path: ({ component }) => path(component, "V-known"),
    permission: "VIEW_VULNERABILITY",
    status: 200,
  };
  test("refuses who may not and what is not there", () => expectRefusals(server, route));
  test("refuses other teams' projects", () => expectIsolation(server, route));
  test("of a vulnerability nobody knows is a 404", async () => {
    const { uuid } = await component("pkg:npm/known@1");
    expect((await server.request("GET", path(uuid, "V-unknown"), { key })).statusCode).toBe(404);
  });
});

describe("a finding is explained", () => {
  test("by the range that has the version, and by what was compared", async () => {
    await seed.advisory({
      id: "GHSA-lodash",
      source: "GITHUB",
      packageKey: "npm/lodash",
      ranges: [{ introduced: "4.0.0", fixed: "4.17.21" }],
      severity: 5,
    });
    await seed.aliases("GITHUB GHSA-lodash", "NVD CVE-2026-1");
    await seed.advisory({ id: "CVE-2026-1", source: "NVD", packageKey: "npm/lodash", ranges: [{ fixed: "4.17.21" }] });
    const { uuid, project, identityId } = await component("pkg:npm/lodash@4.17.20");
    await seed.rows("update vulnerability_match set first_seen = '2026-03-01Z' where identity_id = $1", [identityId]);
    await seed.rows("update component set first_seen = '2026-02-01Z' where uuid = $1", [uuid]);
    await seed.rows("update identity_match_state set matched_at = '2026-04-01Z' where identity_id = $1", [identityId]);
    expect(await explain(uuid, "GHSA-lodash", "GITHUB")).toMatchObject({
      project: { uuid: project.uuid, version: "1.0" },
      component: { uuid, name: "lodash", version: "4.17.20", purl: "pkg:npm/lodash@4.17.20" },
      vulnerability: {
        source: "GITHUB",
        vuln_id: "GHSA-lodash",
        severity: "CRITICAL",
        aliases: [{ source: "NVD", vuln_id: "CVE-2026-1", found: true }],
      },
      affected: true,
      reason: "IN_RANGE",
      text: "lodash 4.17.20 is affected by GHSA-lodash: the advisory names 4.0.0 and later, before 4.17.21, and 4.17.20 > 4.0.0 and 4.17.20 < 4.17.21 by npm order.",
      trials: [
        {
          by: "PACKAGE",
          affected: true,
          reason: "IN_RANGE",
          identity: "pkg:npm/lodash@4.17.20",
          named: "npm",
          version: "4.17.20",
          ranges: [
            {
              vers: "vers:npm/>=4.0.0|<4.17.21",
              text: "4.0.0 and later, before 4.17.21",
              contains: true,
              order: "npm",
              comparisons: [
                { operator: ">", bound: "4.0.0", holds: true },
                { operator: "<", bound: "4.17.21", holds: true, text: "4.17.20 < 4.17.21" },
              ],
            },
          ],
        },
      ],
      trials_truncated: false,
      finding: { analyzers: ["internal"], first_seen: Date.parse("2026-03-01Z"), last_seen: Date.parse("2026-04-01Z") },
    });
  });

  test("by the list of versions where no range has it", async () => {
    await seed.advisory({ id: "V-list", packageKey: "npm/listed", versions: ["9.1.0"], ranges: [{ fixed: "2.0.0" }] });
    const explained = await explain((await component("pkg:npm/listed@9.1.0")).uuid, "V-list");
    expect(explained).toMatchObject({
      affected: true,
      reason: "LISTED",
      trials: [{ listed: true, ranges: [{ contains: false }] }],
    });
    expect(explained.text).toBe("listed 9.1.0 is affected by V-list: the advisory lists version 9.1.0.");
  });

  test("by the CPE that means its own", async () => {
    const id = await seed.advisory({ id: "CVE-2026-2", source: "NVD", packageKey: "npm/none" });
    await affects(id, "cpe:2.3:a:acme:tool:*:*:*:*:*:*:*:*", "tool", "1.5");
    const { uuid } = await component(null, { cpe: "cpe:2.3:a:acme:tool:1.4:*:*:*:*:*:*:*", version: "1.4" });
    const explained = await explain(uuid, "CVE-2026-2", "NVD");
    expect(explained).toMatchObject({
      affected: true,
      reason: "CPE_NAMED",
      trials: [
        {
          by: "CPE",
          named: "cpe:2.3:a:acme:tool:*:*:*:*:*:*:*:*",
          version: "1.4",
          ranges: [{ vers: "vers:generic/<1.5", comparisons: [{ text: "1.4 < 1.5" }] }],
        },
      ],
    });
    const fixed = await component(null, { cpe: "cpe:2.3:a:acme:tool:1.5:*:*:*:*:*:*:*" });
    expect(await explain(fixed.uuid, "CVE-2026-2", "NVD")).toMatchObject({ affected: false, reason: "OUTSIDE_RANGES" });
    const other = await component(null, { cpe: "cpe:2.3:a:other:tool:1.4:*:*:*:*:*:*:*" });
    expect(await explain(other.uuid, "CVE-2026-2", "NVD")).toMatchObject({ affected: false, reason: "OTHER_CPE" });
  });

  test("with who suppressed it and when", async () => {
    const id = await seed.advisory({ id: "V-suppressed", packageKey: "npm/quiet", ranges: [{ fixed: "2" }] });
    const { uuid, identityId, project } = await component("pkg:npm/quiet@1.0.0");
    await seed.rows(
      `with a as (insert into finding_analysis (project_id, identity_id, vulnerability_id, state, details, suppressed)
         values ($1, $2, $3, 'NOT_AFFECTED', 'never called', true) returning id)
       insert into finding_analysis_comment (analysis_id, commenter, comment, written_at)
       select id, 'ann', said, '2026-05-01Z' from a, unnest('{Analysis: NOT_SET → NOT_AFFECTED,Suppressed}'::text[]) with ordinality as s(said, place) order by place`,
      [project.id, identityId, id],
    );
    expect((await explain(uuid, "V-suppressed")).analysis).toMatchObject({
      state: "NOT_AFFECTED",
      details: "never called",
      suppressed: true,
      trail: [
        { at: Date.parse("2026-05-01Z"), by: "ann", comment: "Suppressed" },
        { by: "ann", comment: "Analysis: NOT_SET → NOT_AFFECTED" },
      ],
    });
  });
});

async function affects(id: number, cpe: string, productKey: string, endExcluding: string): Promise<void> {
  await seed.rows(
    `insert into vulnerability_affected_cpe (vulnerability_id, ordinal, product_key, vendor, cpe, end_excluding)
     values ($1, 0, $2, 'acme', $3, $4)`,
    [id, productKey, cpe, endExcluding],
  );
}

describe("why there is no finding is told:", () => {
  const reasonOf = async (purl: string | null, vulnId: string, columns = {}) => {
    const explained = await explain((await component(purl, columns)).uuid, vulnId);
    expect([explained.affected, explained.finding]).toEqual([false, undefined]);
    return [explained.reason, explained.text];
  };

  test("the version is outside of every range", async () => {
    await seed.advisory({ id: "V-range", packageKey: "npm/ranged", ranges: [{ fixed: "4.17.21" }] });
    expect(await reasonOf("pkg:npm/ranged@4.17.21", "V-range")).toEqual([
      "OUTSIDE_RANGES",
      "ranged 4.17.21 is not affected by V-range: the advisory names every version before 4.17.21, but 4.17.21 = 4.17.21 by npm order.",
    ]);
  });

  test("the advisory was withdrawn, or is about something else", async () => {
    await seed.advisory({ id: "V-gone", packageKey: "npm/gone", ranges: [{}], rejected: true });
    expect((await reasonOf("pkg:npm/gone@1.0.0", "V-gone"))[0]).toBe("WITHDRAWN");
    expect((await reasonOf("pkg:npm/another@1.0.0", "V-known"))[0]).toBe("NOT_NAMED");
  });

  test("its advisory names something else, but the same flaw is found by another name", async () => {
    await seed.advisory({ id: "CVE-2026-3", source: "NVD", packageKey: "npm/elsewhere", ranges: [{}] });
    await seed.advisory({ id: "GHSA-other", source: "GITHUB", packageKey: "npm/aliased", ranges: [{}] });
    await seed.aliases("NVD CVE-2026-3", "GITHUB GHSA-other");
    const { uuid } = await component("pkg:npm/aliased@1.0.0");
    const explained = await explain(uuid, "CVE-2026-3", "NVD");
    expect(explained).toMatchObject({ affected: false, reason: "NOT_NAMED" });
    expect(explained.text).toMatch(/ It has a finding of the same flaw, though: GHSA-other\.$/);
    expect((await explain(uuid, "GHSA-other", "GITHUB")).text).not.toContain("though");
  });

  test("the component has nothing an advisory could name, or no version", async () => {
    expect((await reasonOf(null, "V-known"))[0]).toBe("NO_IDENTITY");
    expect((await reasonOf("pkg:npm/known", "V-known"))[0]).toBe("NO_VERSION");
  });

  test("the advisory is for another release of the distribution", async () => {
    await seed.advisory({
      id: "V-deb",
      packageKey: "deb/debian/curl",
      distro: "debian-11",
      ranges: [{ fixed: "8-1" }],
    });
    expect(await reasonOf("pkg:deb/debian/curl@7.88-1?distro=debian-12", "V-deb")).toEqual([
      "OTHER_DISTRIBUTION",
      expect.stringContaining("(debian-11)"),
    ]);
  });
});

test("what is told of many entries is limited, and affecting ones are told first", async () => {
  const id = await seed.advisory({ id: "V-many", packageKey: "npm/many", ranges: [{ fixed: "1.0.0" }] });
  const entry = { packageKey: "npm/many", ranges: [{ fixed: "1.0.0" }] };
  for (let ordinal = 1; ordinal < 60; ordinal++) await seed.affects(id, ordinal, entry);
  await seed.affects(id, 60, { packageKey: "npm/many", ranges: [{ fixed: "3.0.0" }] });
  const explained = await explain((await component("pkg:npm/many@2.0.0")).uuid, "V-many");
  expect(explained).toMatchObject({ affected: true, trials_truncated: true });
  expect(explained.trials.map(({ affected }) => affected)).toEqual([true, ...Array(49).fill(false)]);
});

test("every explanation agrees with what matching stores", async () => {
  const versions = ["1.0.0", "1.5.0", "2.0.0-rc.1", "2.0.0", "3.1.4", "nonsense-7", "(devel)"];
  const ids: number[] = [];
  for (const [index, bound] of versions.entries()) {
    const ranges = [
      { introduced: versions[(index * 3) % versions.length] ?? "0", fixed: bound },
      { lastAffected: bound },
    ];
    ids.push(await seed.advisory({ id: `V-agree-${index}`, packageKey: "npm/agree", ranges: ranges.slice(index % 2) }));
  }
  let findings = 0;
  for (const version of versions) {
    const { uuid } = await component(`pkg:npm/agree@${encodeURIComponent(version)}`);
    for (const index of ids.keys()) {
      const { affected, finding } = await explain(uuid, `V-agree-${index}`);
      expect([version, index, affected]).toEqual([version, index, finding !== undefined]);
      if (affected) findings++;
    }
  }
  expect(findings).toBeGreaterThan(5);
  expect(findings).toBeLessThan(versions.length * ids.length - 5);
});

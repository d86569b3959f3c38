import { afterAll, beforeAll, expect, test } from "vitest";
import type { Db, Tx } from "../../../platform/db/index.ts";
import { planOf, Seed } from "../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { findExplainedComponent, matchesNamed } from "./explaining.ts";
import { fixablePage, foundVulnerabilities } from "./fixing.ts";
import { listProjectFindings } from "./listing.ts";
import * as matching from "./matching.ts";

/** Plans at a size where reading a whole table would show: 20,000 identities, 300 projects, 60,000 matches. */
let server: TestServer;
let seed: Seed;
let projectId = 0;
let identityIds: number[] = [];

beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
  await seed.rows("insert into project (name) select 'p' || n from generate_series(1, 300) n");
  await seed.rows(
    `insert into component_identity (key, name, purl, version, package_key, cpe)
     select gen_random_uuid(), 'i' || n, 'pkg:npm/i' || n % 5000 || '@1.' || n, '1.' || n, 'npm/i' || n % 5000,
       case n % 2 when 0 then 'cpe:2.3:a:v:i' || n % 5000 || ':1.' || n || ':*:*:*:*:*:*:*' end
     from generate_series(1, 20000) n`,
  );
  await seed.rows(
    `insert into component (project_id, identity_id)
     select p, i.id from generate_series(1, 300) p join component_identity i on i.id % 300 = p % 300`,
  );
  await seed.rows(
    "insert into vulnerability (source, vuln_id, severity) select 'OSV', 'V' || n, n % 6 from generate_series(1, 5000) n",
  );
  await seed.rows(
    `insert into vulnerability_match (vulnerability_id, identity_id, severity, cvss, epss, published, analyzers)
     select 1 + (i.id * 7 + k) % 5000, i.id, k, -1, -1, 'epoch', '{internal}' from component_identity i, generate_series(1, 3) k`,
  );
  await seed.rows("insert into identity_match_state (identity_id) select id from component_identity where id % 2 = 0");
  await seed.rows("insert into epss_score select 'CVE-2020-' || n, 0.5, 0.5 from generate_series(10001, 60000) n");
  await seed.rows(
    "insert into kev_assertion (vuln_id, source, asserter) select 'CVE-2020-' || n, 'NVD', 'CISA' from generate_series(10001, 11500) n",
  );
  await seed.rows(
    `insert into vulnerability_alias (source, vuln_id, group_id)
     select 'OSV', 'V' || n, md5(n::text)::uuid from generate_series(1, 20000) n
     union all select 'NVD', 'CVE-2020-' || 10000 + n, md5(n::text)::uuid from generate_series(1, 20000) n`,
  );
  await seed.rows("analyze");
  projectId = 7;
  identityIds = (
    await seed.rows<{ id: number }>("select id from component_identity where id % 200 = 3 order by 1")
  ).map(({ id }) => id);
});
afterAll(() => server?.close());

async function indexed(tag: string, run: (db: Db) => Promise<unknown>): Promise<string> {
  const plan = await planOf(server.database.executor, tag, run);
  expect(plan, plan).not.toMatch(/Seq Scan on (component|component_identity|vulnerability_match) /);
  return plan;
}

test("identities of packages and products are found by index", async () => {
  const page = { packageKeys: ["npm/i1", "npm/i2"], cpeProducts: ["i1", "i2"], afterId: 0, limit: 5_000 };
  const plan = await indexed("findings.identitiesNamed", (db) => matching.identitiesNamed(db, page));
  expect(plan).toContain("component_identity_package");
  expect(plan).toContain("component_identity_cpe_product");
});

test("whether anybody uses a package is found by package", async () => {
  const plan = await indexed("findings.anyIdentityNamed", (db) =>
    matching.anyIdentityNamed(db, { packageKeys: ["npm/i1", "npm/none"], cpeProducts: ["none"] }),
  );
  expect(plan).toContain("component_identity_package");
});

test("identities of a project are found by project, those never matched by their state", async () => {
  const page = { projectId, afterId: 0, unmatchedOnly: true, limit: 5_000 };
  const plan = await indexed("findings.identitiesOfProject", (db) => matching.identitiesOfProject(db, page));
  expect(plan).toContain("component_pkey");
});

test("matches to remove are found by identity", async () => {
  const kept = [{ vulnerabilityId: 1, identityId: identityIds[0] ?? 0 }];
  const plan = await indexed("findings.removeOtherMatches", (db) =>
    matching.removeOtherMatches(db as Tx, identityIds, kept),
  );
  expect(plan).toContain("vulnerability_match_identity");
});

test("identities are locked by their keys", async () => {
  const plan = await indexed("findings.lockIdentities", (db) => matching.lockIdentities(db as Tx, identityIds));
  expect(plan).toContain("component_identity_pkey");
});

test.each(["severity", "vulnId", "componentName", "attributedOn"] as const)(
  "a project's findings by %s are driven from its components",
  async (order) => {
    const options = {
      projectId,
      order,
      descending: true,
      offset: 0,
      limit: 100,
      searchText: undefined,
      source: undefined,
      withSuppressed: false,
      hasAnalysis: undefined,
    };
    const plan = await indexed("findings.listProject", (db) => listProjectFindings(db, options));
    expect(plan).toContain("vulnerability_match_identity");
  },
);

test("the total beyond the last page is counted from the project's components too", async () => {
  const options = { projectId, order: "severity", descending: true, offset: 9_000, limit: 100 } as const;
  const plan = await indexed("findings.countProject", (db) =>
    listProjectFindings(db, {
      ...options,
      searchText: undefined,
      source: undefined,
      withSuppressed: false,
      hasAnalysis: undefined,
    }),
  );
  expect(plan).toContain("vulnerability_match_identity");
});

test("what an explanation shows of a component and its matches is found by index", async () => {
  const [component] = await seed.rows<{ uuid: string; id: number }>(
    "select uuid, identity_id as id from component where project_id = 7 limit 1",
  );
  const uuid = component?.uuid ?? "";
  await indexed("findings.findExplained", (db) => findExplainedComponent(db, { all: true }, uuid));
  const names = ["V1", "V2"].map((vulnId) => ({ source: "OSV", vulnId }));
  const plan = await indexed("findings.matchesNamed", (db) => matchesNamed(db, component?.id ?? 0, names));
  expect(plan).not.toContain("Seq Scan on vulnerability ");
});

test("what there is to fix in a project is driven from its components", async () => {
  const after = { severity: 3, findings: 3, identityId: 1 };
  await indexed("findings.fixablePage", (db) => fixablePage(db, projectId, after, 50));
  await indexed("findings.foundVulnerabilities", (db) => foundVulnerabilities(db, projectId, identityIds.slice(0, 50)));
});

test.each([
  { order: "epss", isKev: undefined },
  { order: "severity", isKev: true },
  { order: "epss", isKev: false, epssFrom: 0.1 },
] as const)("scores and lists of exploited vulnerabilities are looked up for what a project has: %o", async (asked) => {
  const filter = { searchText: undefined, source: undefined, withSuppressed: false, hasAnalysis: undefined, ...asked };
  const plan = await indexed("findings.listProject", (db) =>
    listProjectFindings(db, { ...filter, projectId, descending: true, offset: 0, limit: 100 }),
  );
  expect(plan, plan).not.toMatch(/Seq Scan on (epss_score|vulnerability_alias|vulnerability) /);
  expect(plan).toContain(asked.order === "epss" ? "epss_score_pkey" : "vulnerability_alias_group");
});

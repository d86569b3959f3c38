import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { planOf } from "../../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";
import type { PortfolioScope } from "../../../projects/index.ts";
import { countFindings } from "./counting.ts";
import { firstFindingRefs, listFindingRefs } from "./listing.ts";
import { READING_LIMITS } from "./reading-limits.ts";
import { emptyFilter, isShown, ORDERS, oneMember, randomFilter, sorted, WAYS } from "./testing/random-filters.ts";
import { below, type Fact, oneOf, randomPortfolio } from "./testing/random-portfolio.ts";
import { visibleProjects } from "./visible-projects.ts";

const QUERIES = 250;
let server: TestServer;
let facts: Fact[];
let teams: number[];

beforeAll(async () => {
  server = await testServer();
  ({ facts, teams } = await randomPortfolio(server.database.executor));
});
afterAll(() => server?.close());

test("every way of reading shows the page, and the total, that a plain join has", async () => {
  const { db } = server.database;
  expect(facts.length).toBeGreaterThan(500);
  let shown = 0;
  for (let n = 0; n < QUERIES; n++) {
    const filter = below(3) === 0 ? { ...randomFilter() } : { ...emptyFilter(), ...oneMember(randomFilter()) };
    const scope: PortfolioScope = below(2) ? { all: true } : { all: false, teamIds: teams.slice(0, 1 + below(2)) };
    const withInactive = below(2) === 0;
    const projects = await visibleProjects(db, scope, { withInactive, text: filter.text });
    const all = facts.filter((fact) => isShown(fact, filter, scope, withInactive));
    const total = all.length;
    for (const [way, limits] of Object.entries(WAYS)) {
      const counted = await countFindings(db, filter, projects, limits);
      expect({ n, way, filter, counted }).toEqual({ n, way, filter, counted: total });
    }
    const [order, descending] = [oneOf(ORDERS), below(2) === 0];
    const page = { order, descending, offset: below(Math.max(total, 1)), limit: 1 + below(20), total };
    const wanted = sorted(all, order, descending)
      .slice(page.offset, page.offset + page.limit)
      .map(({ p, i, v }) => `${p} ${i} ${v}`);
    shown += wanted.length;
    for (const [way, limits] of Object.entries(WAYS)) {
      const refs = await listFindingRefs(db, filter, projects, page, limits);
      const found = refs.map(
        ({ projectId, identityId, vulnerabilityId }) => `${projectId} ${identityId} ${vulnerabilityId}`,
      );
      expect({ n, way, page, filter, found }).toEqual({ n, way, page, filter, found: wanted });
    }
    // Without a total: from the first one on.
    const first = await firstFindingRefs(db, filter, projects, page, { ...READING_LIMITS, fewComponents: -1 });
    const leading = sorted(all, order, descending).slice(0, page.limit);
    const found = first?.map(({ projectId, identityId, vulnerabilityId }) => [projectId, identityId, vulnerabilityId]);
    if (found !== undefined)
      expect({ n, page, filter, found }).toEqual({ n, page, filter, found: leading.map(({ p, i, v }) => [p, i, v]) });
  }
  console.log(
    `${QUERIES} queries over ${facts.length} findings, ${shown} rows compared in ${Object.keys(WAYS).length} ways`,
  );
}, 120_000);

describe("a portfolio too large to be read", () => {
  test("is walked in the order of matches: no sort of findings, one probe by key for what was decided", async () => {
    const projects = await visibleProjects(server.database.db, { all: true }, { withInactive: false });
    const page = { order: "severity", descending: true, offset: 0, limit: 100, total: 1_000_000 } as const;
    const filter = { ...emptyFilter(), withSuppressed: false };
    const plan = await planOf(server.database.executor, "findings.walkMatches", (db) =>
      listFindingRefs(db, filter, projects, page, WAYS["walked to"]),
    );
    expect(plan).toMatch(/Incremental Sort[\s\S]*Nested Loop/);
    expect(plan).toContain("component_identity_project");
    expect(plan).toMatch(/finding_analysis_project_id_identity_id_vulnerability_id_key/);
  });
});

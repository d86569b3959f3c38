import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";
import type { PortfolioScope } from "../../../projects/index.ts";
import { type GroupOrder, listGroups } from "./grouping.ts";
import { emptyFilter, isShown, oneMember, randomFilter } from "./testing/random-filters.ts";
import { below, type Fact, oneOf, randomPortfolio } from "./testing/random-portfolio.ts";
import { visibleProjects } from "./visible-projects.ts";

const QUERIES = 250;
const ORDERS: GroupOrder[] = [
  "severity",
  "vulnId",
  "source",
  "title",
  "published",
  "cvssV2",
  "cvssV3",
  "cvssV4",
  "epss",
  "epssPercentile",
  "isKev",
  "analyzer",
  "projects",
  "projects",
  "projects",
];
let server: TestServer;
let facts: Fact[];
let teams: number[];

beforeAll(async () => {
  server = await testServer();
  ({ facts, teams } = await randomPortfolio(server.database.executor));
});
afterAll(() => server?.close());

test("vulnerabilities come with the number of projects that have a finding of them, in any order and within any bounds", async () => {
  const { db } = server.database;
  let shown = 0;
  for (let n = 0; n < QUERIES; n++) {
    const some = below(3) === 0 ? randomFilter() : { ...emptyFilter(), ...oneMember(randomFilter()) };
    const filter = { ...some, states: undefined, responses: undefined, attributedOn: {}, withSuppressed: false };
    const scope: PortfolioScope = below(2) ? { all: true } : { all: false, teamIds: teams.slice(0, 1 + below(2)) };
    const withInactive = below(2) === 0;
    const visible = await visibleProjects(db, scope, { withInactive, text: filter.text });
    const bounds = { from: below(3) ? undefined : below(5), to: below(3) ? undefined : 2 + below(8) };
    const [order, descending] = [oneOf(ORDERS), below(2) === 0];
    const groups = groupsOf(facts.filter((fact) => isShown(fact, filter, scope, withInactive)))
      .filter(({ projects }) => projects >= (bounds.from ?? 0) && projects <= (bounds.to ?? Infinity))
      .toSorted((a, b) => {
        const [x, y] = order === "projects" ? [a.projects, b.projects] : [a.first.keys[order], b.first.keys[order]];
        return (x < y ? -1 : x > y ? 1 : 0) * (descending ? -1 : 1) || a.vulnerabilityId - b.vulnerabilityId;
      });
    const page = {
      order,
      descending,
      offset: below(Math.max(groups.length, 1)),
      limit: 1 + below(10),
      projects: bounds,
    };
    const wanted = groups
      .slice(page.offset, page.offset + page.limit)
      .map(({ vulnerabilityId, projects }) => ({ vulnerabilityId, projects, analyzers: ["internal"] }));
    shown += wanted.length;
    const countMax = oneOf([undefined, 3]);
    for (const fewComponents of [-1, Number.MAX_SAFE_INTEGER]) {
      const found = await listGroups(db, filter, visible, { ...page, countMax }, { fewComponents });
      const isCut = countMax !== undefined && found.total < groups.length;
      if (isCut) expect(found.total).toBe(Math.max(page.offset + page.limit, countMax + 1));
      const expected = { groups: wanted, total: isCut ? found.total : groups.length };
      expect({ n, fewComponents, filter, page, ...found }).toEqual({ n, fewComponents, filter, page, ...expected });
    }
  }
  console.log(`${QUERIES} queries, ${shown} rows compared`);
}, 120_000);

function groupsOf(found: readonly Fact[]) {
  return [...Map.groupBy(found, ({ v }) => v)].flatMap(([vulnerabilityId, of]) => {
    const [first] = of;
    return first === undefined ? [] : [{ vulnerabilityId, first, projects: new Set(of.map(({ p }) => p)).size }];
  });
}

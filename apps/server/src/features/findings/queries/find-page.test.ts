import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import type { PortfolioScope } from "../../projects/index.ts";
import {
  emptyFilter,
  isShown,
  ORDERS,
  oneMember,
  randomFilter,
  sorted,
  WAYS,
} from "../store/portfolio/testing/random-filters.ts";
import { below, type Fact, oneOf, randomPortfolio } from "../store/portfolio/testing/random-portfolio.ts";
import { visibleProjects } from "../store/portfolio/visible-projects.ts";
import { findPage, type PageOrder } from "./find-page.ts";

const QUERIES = 250;
let server: TestServer;
let facts: Fact[];

beforeAll(async () => {
  server = await testServer();
  ({ facts } = await randomPortfolio(server.database.executor));
});
afterAll(() => server?.close());

test("a bounded total says how many there are, or that there are more than it counted; the page is the same", async () => {
  const { db } = server.database;
  const scope: PortfolioScope = { all: true };
  const projects = await visibleProjects(db, scope, { withInactive: true });
  let bounded = 0;
  for (let n = 0; n < QUERIES; n++) {
    const some = below(3) === 0 ? { ...emptyFilter(), ...oneMember(randomFilter()) } : emptyFilter();
    const filter = { ...some, text: undefined };
    const order: PageOrder = oneOf<PageOrder>([
      ...ORDERS,
      "state",
      "state",
      "state",
      "suppressed",
      "attributedOn",
      "projectName",
    ]);
    const descending = below(2) === 0;
    const all = facts.filter((fact) => isShown(fact, filter, scope, true));
    const page = { order, descending, offset: below(Math.max(all.length, 1)), limit: 1 + below(20) };
    const countMax = oneOf([undefined, 5, 50, 5_000]);
    const wanted = inOrder(all, order, descending).slice(page.offset, page.offset + page.limit);
    const found = await findPage(db, filter, projects, { ...page, countMax }, oneOf(Object.values(WAYS)));
    bounded += Number(found.isAtLeast);
    expect({ n, page, filter, countMax, ...found }).toEqual({
      n,
      page,
      filter,
      countMax,
      refs: wanted.map(({ p, i, v }) => ({ projectId: p, identityId: i, vulnerabilityId: v })),
      total: Math.min(all.length, countMax ?? Infinity),
      isAtLeast: all.length > (countMax ?? Infinity),
    });
  }
  console.log(`${QUERIES} pages, ${bounded} with a total that is a bound`);
  expect(bounded).toBeGreaterThan(QUERIES / 10);
}, 120_000);

/** By state or suppression first, worst first within each. */
function inOrder(all: Fact[], order: PageOrder, descending: boolean): Fact[] {
  if (order !== "state" && order !== "suppressed") return sorted(all, order, descending);
  const parts = [...Map.groupBy(sorted(all, "severity", true), (fact) => String(fact[order]))];
  const byName = parts.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return (descending ? byName.toReversed() : byName).flatMap(([, part]) => part);
}

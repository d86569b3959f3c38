/** Filters and orders at random, and what they mean in words of a single finding. */
import { ANALYSIS_STATES } from "@evertrack/contract/v1/analysis";
import type { PortfolioScope } from "../../../../projects/index.ts";
import type { PortfolioFilter, TextField } from "../filter.ts";
import type { PortfolioOrder } from "../listing.ts";
import { READING_LIMITS } from "../reading-limits.ts";
import { below, type Fact, maybe, moment, oneOf } from "./random-portfolio.ts";

/** Members at random, most of them absent. */
export function randomFilter(): PortfolioFilter {
  const bounds = <T extends number | Date>(value: () => T) => ({ from: maybe(value, 6), to: maybe(value, 6) });
  const tenth = () => Math.fround(below(100) / 10);
  const hundredth = () => Math.fround(below(100) / 100);
  const fields: TextField[] = [
    "VULNERABILITY_ID",
    "VULNERABILITY_TITLE",
    "COMPONENT_NAME",
    "COMPONENT_VERSION",
    "PROJECT_NAME",
  ];
  return {
    severities: maybe(() => [below(6), below(6)]),
    published: bounds(moment),
    cvssV2: bounds(tenth),
    cvssV3: bounds(tenth),
    cvssV4: bounds(tenth),
    epss: bounds(hundredth),
    epssPercentile: bounds(hundredth),
    isKev: maybe(() => below(2) === 0),
    text: maybe(() => ({
      pattern: `%${oneOf(["n", "1", "p3", "t2", "o", "cve"])}%`,
      fields: new Set(fields.filter(() => below(2))),
    })),
    attributedOn: bounds(moment),
    withSuppressed: below(2) === 0,
    states: maybe(() => [oneOf(ANALYSIS_STATES), oneOf(ANALYSIS_STATES)]),
    responses: maybe(() => [oneOf(["NOT_SET", "UPDATE"])], 8),
  };
}

/** The filter in words of a single finding. */
export function isShown(fact: Fact, filter: PortfolioFilter, scope: PortfolioScope, withInactive: boolean): boolean {
  const within = (
    value: number | null,
    { from, to }: { from?: number | Date | undefined; to?: number | Date | undefined },
  ) =>
    (from === undefined || (value !== null && value >= Number(from))) &&
    (to === undefined || (value !== null && value <= Number(to)));
  const { text, states, responses, severities } = filter;
  const needle = text?.pattern.slice(1, -1) ?? "";
  return (
    (scope.all || fact.teams.some((one) => scope.teamIds.includes(one))) &&
    (withInactive || !fact.inactive) &&
    (severities === undefined || severities.includes(fact.severity)) &&
    within(fact.scores.published, filter.published) &&
    within(fact.scores.cvssV2, filter.cvssV2) &&
    within(fact.scores.cvssV3, filter.cvssV3) &&
    within(fact.scores.cvssV4, filter.cvssV4) &&
    within(fact.scores.epss, filter.epss) &&
    within(fact.scores.epssPercentile, filter.epssPercentile) &&
    (filter.isKev === undefined || filter.isKev === fact.kev) &&
    (text === undefined || [...text.fields].some((field) => fact.text[field].includes(needle))) &&
    within(fact.at, filter.attributedOn) &&
    (filter.withSuppressed || !fact.suppressed) &&
    (states === undefined || states.includes(fact.state)) &&
    (responses === undefined || responses.includes(fact.response))
  );
}

/** In the order lists have. */
export function sorted(list: Fact[], order: PortfolioOrder, descending: boolean): Fact[] {
  const compare = (a: string | number, b: string | number) => (a < b ? -1 : a > b ? 1 : 0);
  return list.toSorted(
    (a, b) =>
      compare(a.keys[order], b.keys[order]) * (descending ? -1 : 1) ||
      (order === "projectName" ? a.p - b.p : 0) ||
      a.v - b.v ||
      a.i - b.i ||
      a.p - b.p,
  );
}

/** A filter that lets everything through, but perhaps what is suppressed. */
export function emptyFilter(): PortfolioFilter {
  return {
    published: {},
    cvssV2: {},
    cvssV3: {},
    cvssV4: {},
    epss: {},
    epssPercentile: {},
    attributedOn: {},
    withSuppressed: below(2) === 0,
  };
}

/** One member of a filter: all at once leave little. */
export function oneMember(filter: PortfolioFilter): Partial<PortfolioFilter> {
  return Object.fromEntries([oneOf(Object.entries(filter))]);
}

/** All orders of the store. */
export const ORDERS: PortfolioOrder[] = [
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
  "componentName",
  "componentGroup",
  "componentVersion",
  "analyzer",
  "attributedOn",
  "projectName",
];
/** Limits that make one way of reading the only one. */
export const WAYS: Readonly<Record<string, typeof READING_LIMITS>> = {
  "components first": { ...READING_LIMITS, fewComponents: Number.MAX_SAFE_INTEGER, sortedFindingsMax: 0 },
  "all sorted": { ...READING_LIMITS, fewComponents: -1, sortedFindingsMax: Number.MAX_SAFE_INTEGER },
  "walked to": {
    fewComponents: -1,
    sortedFindingsMax: -1,
    fewNamedComponents: -1,
    youngestComponents: 3,
    oldestComponents: 2,
  },
  "walked to, named projects read": {
    ...READING_LIMITS,
    fewComponents: -1,
    sortedFindingsMax: -1,
    youngestComponents: 50,
    oldestComponents: 60,
  },
};

import { type RawBuilder, sql } from "kysely";
import { isOneOf, type VisibleProjects } from "./visible-projects.ts";

/** Lowest and highest value, both included. */
export interface Bounds<T> {
  from?: T | undefined;
  to?: T | undefined;
}

/** Where text is looked for. */
export type TextField =
  | "VULNERABILITY_ID"
  | "VULNERABILITY_TITLE"
  | "COMPONENT_NAME"
  | "COMPONENT_VERSION"
  | "PROJECT_NAME";

/** What the vulnerability of a finding must be; all given members must hold. */
export interface VulnerabilityFilter {
  /** Database values, 0 UNASSIGNED to 5 CRITICAL. */
  severities?: readonly number[] | undefined;
  published: Bounds<Date>;
  cvssV2: Bounds<number>;
  cvssV3: Bounds<number>;
  cvssV4: Bounds<number>;
  /** A vulnerability without a score is within no bounds. */
  epss: Bounds<number>;
  epssPercentile: Bounds<number>;
  isKev?: boolean | undefined;
  /** One of the fields contains it. */
  text?: { pattern: string; fields: ReadonlySet<TextField> } | undefined;
}

/** What findings of the portfolio are narrowed by; all given members must hold. */
export interface PortfolioFilter extends VulnerabilityFilter {
  attributedOn: Bounds<Date>;
  withSuppressed: boolean;
  /** Only suppressed ones, or only the others. */
  suppressed?: boolean | undefined;
  states?: readonly string[] | undefined;
  responses?: readonly string[] | undefined;
}

/** Columns of matches that lists are sorted by: known before any component is looked at. */
export const MATCH_KEYS = {
  severity: sql`m.severity`,
  vulnId: sql`v.vuln_id`,
  source: sql`v.source`,
  title: sql`coalesce(v.title, '')`,
  published: sql`m.published`,
  cvssV2: sql`coalesce(v.cvss_v2_score, -1)`,
  cvssV3: sql`coalesce(v.cvss_v3_score, -1)`,
  cvssV4: sql`coalesce(v.cvss_v4_score, -1)`,
  epss: sql`coalesce(e.score, -1)`,
  epssPercentile: sql`coalesce(e.percentile, -1)`,
  isKev: sql`(m.vulnerability_id in (select id from exploited))::int`,
  componentName: sql`i.name`,
  componentGroup: sql`coalesce(i.group_name, '')`,
  componentVersion: sql`coalesce(i.version, '')`,
  analyzer: sql`m.analyzers`,
} as const satisfies Record<string, RawBuilder<unknown>>;

export type MatchKey = keyof typeof MATCH_KEYS;

const NEEDS_IDENTITY: ReadonlySet<MatchKey> = new Set(["componentName", "componentGroup", "componentVersion"]);
const NEEDS_VULNERABILITY: ReadonlySet<MatchKey> = new Set(["vulnId", "source", "title", "cvssV2", "cvssV3", "cvssV4"]);

/** Of which matched vulnerabilities the EPSS score is known: its own, else the highest of its other names'. */
const scores = sql`scores as materialized (
  select distinct on (n.id) n.id, s.score, s.percentile from (
    select v.id, v.vuln_id as cve, 0 as distance from vulnerability v
    where v.id in (select vulnerability_id from vulnerability_match)
    union all
    select v.id, o.vuln_id, 1 from vulnerability v
      join vulnerability_alias g on g.vuln_id = v.vuln_id and g.source = v.source
      join vulnerability_alias o on o.group_id = g.group_id
    where v.id in (select vulnerability_id from vulnerability_match)) n
  join epss_score s on s.cve = n.cve
  order by n.id, n.distance, s.score desc, s.percentile desc)`;

/** Vulnerabilities that are known to be exploited, by any of their names. */
const exploited = sql`exploited as materialized (
  select v.id from kev_assertion k join vulnerability v on v.vuln_id = k.vuln_id and v.source = k.source
  union
  select v.id from kev_assertion k
    join vulnerability_alias o on o.vuln_id = k.vuln_id and o.source = k.source
    join vulnerability_alias g on g.group_id = o.group_id
    join vulnerability v on v.vuln_id = g.vuln_id and v.source = g.source)`;

/** A select of matches, and what it needs before it. */
export interface MatchSelect {
  /** Ends with a comma where it is not empty: to be put after `with`. */
  tables: RawBuilder<unknown>;
  /** Columns `vulnerability_id`, `identity_id`, `first_seen`, `k` (what they are sorted by), `hit` (the text was found in them). */
  select: RawBuilder<unknown>;
}

/** Matches whose vulnerability and component may be shown; `only` narrows by `m`. */
export function selectMatches(
  filter: PortfolioFilter,
  { key, only }: { key?: MatchKey | undefined; only?: RawBuilder<unknown> | undefined } = {},
): MatchSelect {
  // Of all matches text is looked for once in each vulnerability and identity, not once in each match.
  const fields = only === undefined ? undefined : filter.text?.fields;
  const readsScores =
    key === "epss" || key === "epssPercentile" || isBound(filter.epss) || isBound(filter.epssPercentile);
  const readsExploited = key === "isKev" || filter.isKev !== undefined;
  const readsIdentity =
    (key !== undefined && NEEDS_IDENTITY.has(key)) || fields?.has("COMPONENT_NAME") || fields?.has("COMPONENT_VERSION");
  const readsVulnerability =
    (key !== undefined && NEEDS_VULNERABILITY.has(key)) ||
    [filter.published, filter.cvssV2, filter.cvssV3, filter.cvssV4].some(isBound) ||
    fields?.has("VULNERABILITY_ID") ||
    fields?.has("VULNERABILITY_TITLE");
  const hit = only === undefined ? textAmongAll(filter) : textInMatch(filter);
  const found = filter.text?.fields.has("PROJECT_NAME") ? [] : [hit];
  const narrowed = only === undefined ? [] : [only];
  const conditions = sql.join(
    [...vulnerabilityConditions(filter), ...latestOf(filter), ...found, ...narrowed],
    sql` and `,
  );
  return {
    tables: sql`${readsScores ? sql`${scores}, ` : sql``}${readsExploited ? sql`${exploited}, ` : sql``}`,
    select: sql`select m.vulnerability_id, m.identity_id, m.first_seen, m.analyzers, ${hit} as hit,
        ${key === undefined ? sql`0` : MATCH_KEYS[key]} as k
      from vulnerability_match m
        ${readsVulnerability ? sql`join vulnerability v on v.id = m.vulnerability_id` : sql``}
        ${readsIdentity ? sql`join component_identity i on i.id = m.identity_id` : sql``}
        ${readsScores ? sql`left join scores e on e.id = m.vulnerability_id` : sql``}
      where ${conditions}`,
  };
}

/**
 * `with` list that ends in `m`: all matches that may be shown, read once. There are far fewer matches than findings, so reading all of
 * them is cheap.
 */
export function withMatches(
  filter: PortfolioFilter,
  options: { key?: MatchKey | undefined; only?: RawBuilder<unknown> | undefined } = {},
): RawBuilder<unknown> {
  const { tables, select } = selectMatches(filter, options);
  return sql`with ${tables} m as materialized (${select})`;
}

/** A finding is as old as the younger of its match and its component: none is older than its match. */
const latestOf = ({ attributedOn: { to } }: PortfolioFilter) => (to === undefined ? [] : [sql`m.first_seen <= ${to}`]);

function vulnerabilityConditions(filter: VulnerabilityFilter): RawBuilder<unknown>[] {
  const { severities, isKev } = filter;
  return [
    sql`true`,
    ...(severities === undefined ? [] : [sql`m.severity = any(${[...severities]}::int[])`]),
    ...within(sql`v.published`, filter.published, "timestamptz"),
    ...within(sql`v.cvss_v2_score`, filter.cvssV2, "real"),
    ...within(sql`v.cvss_v3_score`, filter.cvssV3, "real"),
    ...within(sql`v.cvss_v4_score`, filter.cvssV4, "real"),
    ...within(sql`e.score`, filter.epss, "real"),
    ...within(sql`e.percentile`, filter.epssPercentile, "real"),
    ...(isKev === undefined ? [] : [sql`(m.vulnerability_id in (select id from exploited)) = ${isKev}`]),
  ];
}

function isBound(bounds: Bounds<unknown>): boolean {
  return bounds.from !== undefined || bounds.to !== undefined;
}

/** Scores are kept as real: as another type 7.1 would be another number. */
function within(column: RawBuilder<unknown>, { from, to }: Bounds<Date | number>, type: string): RawBuilder<unknown>[] {
  return [
    ...(from === undefined ? [] : [sql`${column} >= ${from}::${sql.raw(type)}`]),
    ...(to === undefined ? [] : [sql`${column} <= ${to}::${sql.raw(type)}`]),
  ];
}

const VULNERABILITY_TEXT = { VULNERABILITY_ID: sql`v.vuln_id`, VULNERABILITY_TITLE: sql`coalesce(v.title, '')` };
const IDENTITY_TEXT = { COMPONENT_NAME: sql`i.name`, COMPONENT_VERSION: sql`coalesce(i.version, '')` };

/** Whether the text is in one of these columns; undefined where it is not looked for in them. */
function textIn(
  columns: Readonly<Partial<Record<TextField, RawBuilder<unknown>>>>,
  { text }: VulnerabilityFilter,
): RawBuilder<boolean> | undefined {
  const parts = Object.entries(columns).flatMap(([field, column]) =>
    text?.fields.has(field as TextField) === true ? [sql`lower(${column}) like ${text.pattern}`] : [],
  );
  return parts.length === 0 ? undefined : sql<boolean>`(${sql.join(parts, sql` or `)})`;
}

/** Whether the text is in a field of the match's vulnerability `v` or identity `i`; true where no text is looked for. */
function textInMatch(filter: VulnerabilityFilter): RawBuilder<boolean> {
  if (filter.text === undefined) return sql<boolean>`true`;
  return textIn({ ...VULNERABILITY_TEXT, ...IDENTITY_TEXT }, filter) ?? sql<boolean>`false`;
}

/** The same of a match `m` alone. */
function textAmongAll(filter: VulnerabilityFilter): RawBuilder<boolean> {
  if (filter.text === undefined) return sql<boolean>`true`;
  const [inVulnerability, inIdentity] = [textIn(VULNERABILITY_TEXT, filter), textIn(IDENTITY_TEXT, filter)];
  const parts = [
    ...(inVulnerability === undefined
      ? []
      : [
          sql`m.vulnerability_id in (select v.id from vulnerability v
          where v.id in (select vulnerability_id from vulnerability_match) and ${inVulnerability})`,
        ]),
    ...(inIdentity === undefined
      ? []
      : [
          sql`m.identity_id in (select i.id from component_identity i
          where i.id in (select identity_id from vulnerability_match) and ${inIdentity})`,
        ]),
  ];
  return parts.length === 0 ? sql<boolean>`false` : sql<boolean>`(${sql.join(parts, sql` or `)})`;
}

/** What a match `m` and a component `c` of its identity must be together, but for what was decided; nothing of them is empty. */
export function pairConditions(filter: PortfolioFilter, projects: VisibleProjects): RawBuilder<unknown>[] {
  const { from, to } = filter.attributedOn;
  const named = projects.named;
  return [
    ...(from === undefined ? [] : [sql`greatest(c.first_seen, m.first_seen) >= ${from}`]),
    ...(to === undefined ? [] : [sql`c.first_seen <= ${to}`]),
    ...(named === undefined ? [] : [sql`(m.hit or ${isOneOf(named, sql.ref("c.project_id"))})`]),
  ];
}

const NOT_SET = "NOT_SET";

/** What was decided (`a`) that keeps a finding from being shown; undefined where nothing does. */
export function hidingDecision(filter: PortfolioFilter): RawBuilder<boolean> | undefined {
  const { withSuppressed, suppressed, states, responses } = filter;
  const parts = [
    ...(withSuppressed && suppressed !== false ? [] : [sql`a.suppressed`]),
    ...(states === undefined ? [] : [sql`a.state <> all(${[...states]}::text[])`]),
    ...(responses === undefined ? [] : [sql`a.response <> all(${[...responses]}::text[])`]),
    ...(suppressed === true ? [sql`not a.suppressed`] : []),
  ];
  return parts.length === 0 ? undefined : sql<boolean>`(${sql.join(parts, sql` or `)})`;
}

/** Whether only findings that somebody decided about can be shown, so that the decisions lead to them. */
export function showsDecidedOnly({ states, responses, suppressed }: PortfolioFilter): boolean {
  const isDecided = (words: readonly string[] | undefined) => words !== undefined && !words.includes(NOT_SET);
  return isDecided(states) || isDecided(responses) || suppressed === true;
}

/** Whether anything but decisions keeps findings from being shown. */
export function isNarrowed(filter: PortfolioFilter): boolean {
  const { published, cvssV2, cvssV3, cvssV4, epss, epssPercentile, attributedOn, severities, isKev, text } = filter;
  const bounds = [published, cvssV2, cvssV3, cvssV4, epss, epssPercentile, attributedOn];
  return bounds.some(isBound) || [severities, isKev, text].some((member) => member !== undefined);
}

import type { SqlExecutor } from "../../../../../platform/db/index.ts";
import { Seed } from "../../../../../testing/seed.ts";
import type { TextField } from "../filter.ts";
import type { PortfolioOrder } from "../listing.ts";

/** One row per finding, as a plain join says it: what all ways of reading must agree with. */
export interface Fact {
  p: number;
  i: number;
  v: number;
  pname: string;
  ptext: string;
  inactive: boolean;
  teams: number[];
  state: string;
  response: string;
  suppressed: boolean;
  at: number;
  keys: Record<PortfolioOrder, number | string>;
  scores: Record<"cvssV2" | "cvssV3" | "cvssV4" | "epss" | "epssPercentile" | "published", number | null>;
  text: Record<TextField, string>;
  severity: number;
  kev: boolean;
}

/** `SEED=n` repeats a run. */
export const RUN = Number(process.env.SEED ?? Date.now() % 1_000_000);
const PROJECTS = 24;
const IDENTITIES = 40;
const VULNERABILITIES = 30;
let state = RUN;
/** From 0 to below `n`; mulberry32. */
export function below(n: number): number {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * n);
}
/** One of a list. */
export const oneOf = <T>(list: readonly T[]): T => list[below(list.length)] as T;
/** Sometimes nothing. */
export const maybe = <T>(value: () => T, chance = 4): T | undefined => (below(chance) === 0 ? value() : undefined);
/** A day of January 2026. */
export const moment = () => new Date(Date.UTC(2026, 0, 1 + below(20)));

/** A portfolio made at random: two teams that see parts of it, and every finding. */
export async function randomPortfolio(executor: SqlExecutor): Promise<{ teams: number[]; facts: Fact[] }> {
  console.log(`SEED=${RUN}`);
  const seed = new Seed(executor);
  const rows = (text: string, values: unknown[] = []) => seed.rows<{ id: number }>(text, values);
  const teams = [await team(rows, "one"), await team(rows, "two")];
  const projects = [];
  for (let n = 0; n < PROJECTS; n++) {
    const { id } = await seed.project(`p${below(8)} ${n}`);
    if (below(4) === 0) await rows("update project set inactive_since = now() where id = $1", [id]);
    for (const teamId of teams)
      if (below(3) === 0)
        await rows("insert into project_access_team (project_id, team_id) values ($1, $2)", [id, teamId]);
    projects.push(id);
  }
  const identities = [];
  for (let n = 0; n < IDENTITIES; n++)
    identities.push(
      await seed.identity(`pkg:npm/n${below(12)}@${n}.${below(3)}`, below(2) ? { group: `g${below(3)}` } : {}),
    );
  for (const project of projects)
    for (const identity of identities) {
      if (below(3) !== 0) continue;
      await seed.component(project, identity);
      await rows("update component set first_seen = $3 where project_id = $1 and identity_id = $2", [
        project,
        identity,
        moment(),
      ]);
    }
  for (let n = 0; n < VULNERABILITIES; n++) {
    const source = below(2) ? "NVD" : "OSV";
    const vulnId = source === "NVD" ? `CVE-2020-${n}` : `o${n}`;
    const id = await seed.advisory({
      id: vulnId,
      source,
      severity: below(6),
      packageKey: "npm/x",
      published: moment(),
    });
    const score = () => maybe(() => below(100) / 10, 2) ?? null;
    await rows(
      "update vulnerability set title = $2, cvss_v2_score = $3, cvss_v3_score = $4, cvss_v4_score = $5 where id = $1",
      [id, maybe(() => `t${below(5)}`, 2) ?? null, score(), score(), score()],
    );
    if (below(2))
      await rows("insert into epss_score values ($1, $2, $3)", [`CVE-2020-${n}`, below(100) / 100, below(100) / 100]);
    if (source === "OSV" && below(2)) await seed.aliases(`OSV ${vulnId}`, `NVD CVE-2020-${n}`);
    if (below(4) === 0)
      await rows("insert into kev_assertion (vuln_id, source, asserter) values ($1, 'NVD', 'CISA')", [`CVE-2020-${n}`]);
    for (const identity of identities) {
      if (below(5) !== 0) continue;
      await seed.match(id, identity);
      await rows("update vulnerability_match set first_seen = $3 where vulnerability_id = $1 and identity_id = $2", [
        id,
        identity,
        moment(),
      ]);
    }
  }
  await rows(
    `insert into finding_analysis (project_id, identity_id, vulnerability_id, state, response, suppressed)
     select c.project_id, c.identity_id, m.vulnerability_id,
       (array['NOT_SET', 'EXPLOITABLE', 'IN_TRIAGE', 'RESOLVED'])[1 + (c.project_id + m.vulnerability_id) % 4],
       (array['NOT_SET', 'UPDATE'])[1 + c.identity_id % 2], (c.project_id * m.vulnerability_id) % 3 = 0 or m.vulnerability_id % 3 = 0
     from component c join vulnerability_match m using (identity_id)
     where (c.project_id + c.identity_id + m.vulnerability_id) % 3 = 0 or m.vulnerability_id % 3 = 0`,
  );
  return { teams, facts: await plainFacts(seed) };
}

async function team(
  rows: (text: string, values: unknown[]) => Promise<{ id: number }[]>,
  name: string,
): Promise<number> {
  const [made] = await rows("insert into team (name) values ($1) returning id", [name]);
  return made?.id ?? 0;
}

type PlainRow = Pick<
  Fact,
  "p" | "i" | "v" | "pname" | "ptext" | "inactive" | "teams" | "state" | "response" | "suppressed" | "at"
> &
  Record<"vuln_id" | "source" | "title" | "name" | "grp" | "version" | "analyzer", string> &
  Record<"published" | "v2" | "v3" | "v4" | "epss" | "percentile", number | null> & { severity: number; kev: boolean };

async function plainFacts(seed: Seed): Promise<Fact[]> {
  const found = await seed.rows<PlainRow>(
    `select c.project_id as p, c.identity_id as i, m.vulnerability_id as v, p.name as pname,
       lower(p.name || ' ' || coalesce(p.version, '')) as ptext, p.inactive_since is not null as inactive,
       array(select team_id from project_access_team t where t.project_id = p.id) as teams,
       coalesce(a.state, 'NOT_SET') as state, coalesce(a.response, 'NOT_SET') as response, coalesce(a.suppressed, false) as suppressed,
       (extract(epoch from greatest(c.first_seen, m.first_seen)) * 1000)::float8 as at, m.severity::int, v.vuln_id, v.source,
       coalesce(v.title, '') as title, (extract(epoch from v.published) * 1000)::float8 as published,
       v.cvss_v2_score::float8 as v2, v.cvss_v3_score::float8 as v3, v.cvss_v4_score::float8 as v4,
       e.score::float8 as epss, e.percentile::float8 as percentile, i.name, coalesce(i.group_name, '') as grp,
       coalesce(i.version, '') as version, m.analyzers::text as analyzer,
       exists (select 1 from kev_assertion k where k.vuln_id = 'CVE-2020-' || substr(v.vuln_id, case v.source when 'NVD' then 10 else 2 end)
         and (v.source = 'NVD' or exists (select 1 from vulnerability_alias g where g.vuln_id = v.vuln_id))) as kev
     from component c join project p on p.id = c.project_id join component_identity i on i.id = c.identity_id
       join vulnerability_match m on m.identity_id = c.identity_id join vulnerability v on v.id = m.vulnerability_id
       left join finding_analysis a on (a.project_id, a.identity_id, a.vulnerability_id) = (c.project_id, c.identity_id, m.vulnerability_id)
       left join epss_score e on e.cve = 'CVE-2020-' || substr(v.vuln_id, case v.source when 'NVD' then 10 else 2 end)
         and (v.source = 'NVD' or exists (select 1 from vulnerability_alias g where g.vuln_id = v.vuln_id))`,
  );
  return found.map((row) => ({
    ...row,
    scores: {
      cvssV2: row.v2,
      cvssV3: row.v3,
      cvssV4: row.v4,
      epss: row.epss,
      epssPercentile: row.percentile,
      published: row.published,
    },
    text: {
      VULNERABILITY_ID: row.vuln_id.toLowerCase(),
      VULNERABILITY_TITLE: row.title,
      COMPONENT_NAME: row.name,
      COMPONENT_VERSION: row.version,
      PROJECT_NAME: row.ptext,
    },
    keys: {
      severity: row.severity,
      vulnId: row.vuln_id,
      source: row.source,
      title: row.title,
      published: row.published ?? 0,
      cvssV2: row.v2 ?? -1,
      cvssV3: row.v3 ?? -1,
      cvssV4: row.v4 ?? -1,
      epss: row.epss ?? -1,
      epssPercentile: row.percentile ?? -1,
      isKev: Number(row.kev),
      componentName: row.name,
      componentGroup: row.grp,
      componentVersion: row.version,
      analyzer: row.analyzer,
      attributedOn: row.at,
      projectName: row.pname,
    },
  }));
}

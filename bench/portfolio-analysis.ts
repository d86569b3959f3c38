/**
 * Analysis of a portfolio of some 1,400 container images with real advisories: how long all of it takes, how soon one changed advisory shows, and
 * what an unchanged feed costs. Bars: findings are those expected; a changed advisory shows within 1 s and touches the identities of its package
 * alone; an unchanged feed touches none.
 *
 *   npm run bench -- portfolio-analysis [--limit N] [--parallel 8]
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import pg from "pg";
import { Cluster } from "../e2e/harness/cluster.ts";
import { mirrorOsv } from "../e2e/harness/osv-mirror.ts";
import { sharedDirectory, sharedLines } from "../e2e/harness/shared-data.ts";
import { until } from "../e2e/harness/until.ts";
import { uploadPortfolio } from "./ingest/portfolio.ts";
import { keepResult } from "./measuring/result.ts";

const OSV = join(sharedDirectory, "data/osv");
const ANALYSIS_MAX_MS = 1_800_000;
const SHOWN_MAX_MS = 60_000;
const SHOWN_BAR_MS = 1_000;
const ROUNDS = 5;

const { values } = parseArgs({
  options: { limit: { type: "string", default: "100000" }, parallel: { type: "string", default: "8" } },
});
const cluster = await Cluster.start({ environment: { DT_VULN_DATA_SOURCE_FILE_ROOTS: OSV } });
const database = new pg.Client({ connectionString: cluster.databaseUrl });
try {
  await database.connect();
  const { projects, seconds } = await uploadPortfolio(cluster.admin, {
    file: join(sharedDirectory, "data/sboms/portfolio/container-images.jsonl.gz"),
    limit: Number(values.limit),
    parallel: Number(values.parallel),
  });
  console.log(`${projects.length} images uploaded in ${Math.round(seconds)} s`);
  await mirrorOsv(cluster.admin, OSV);
  await settled();
  await database.query("vacuum analyze");
  const figures = {
    whole: await analyseAll(projects),
    expected: await compare(),
    changed: await change(),
    unchanged: await mirrorAgain(),
  };
  keepResult("portfolio-analysis", figures);
  const slowestMs = Math.max(...figures.changed.shownMs);
  const strangers = figures.changed.identitiesTouched - figures.changed.identitiesOfPackage * ROUNDS;
  const { different } = figures.expected;
  if (slowestMs > SHOWN_BAR_MS || strangers !== 0 || different > 0 || figures.unchanged.identitiesTouched > 0)
    process.exitCode = 1;
} finally {
  await database.end();
  await cluster.close();
}

async function one<T>(text: string, values: unknown[] = []): Promise<T> {
  const { rows } = await database.query(text, values);
  return rows[0] as T;
}

/** Nothing runs or waits, and nothing has still to be told. */
async function settled(): Promise<void> {
  await until("everything has ended", ANALYSIS_MAX_MS, async () => {
    const { n } = await one<{ n: number }>(
      `select (select count(*) from wf_run where status not in ('COMPLETED', 'FAILED', 'CANCELLED'))::int
         + (select count(*) from outbox_event)::int as n`,
    );
    return n === 0;
  });
}

async function nowOf(): Promise<string> {
  return (await one<{ now: string }>("select clock_timestamp()::text as now")).now;
}

async function touchedSince(at: string): Promise<number> {
  return (await one<{ n: number }>("select count(*)::int as n from identity_match_state where matched_at >= $1", [at]))
    .n;
}

/** Every project, as when somebody asks for each. */
async function analyseAll(projects: readonly string[]) {
  const { identities } = await one<{ identities: number }>(
    "select count(distinct identity_id)::int as identities from component",
  );
  const { components } = await one<{ components: number }>("select count(*)::int as components from component");
  await database.query("delete from vulnerability_match");
  const startedMs = performance.now();
  const waiting = projects.values();
  const asker = async () => {
    for (const uuid of waiting) await cluster.admin.expect("POST", `/api/v1/finding/project/${uuid}/analyze`);
  };
  await Promise.all(Array.from({ length: Number(values.parallel) }, asker));
  await settled();
  const seconds = (performance.now() - startedMs) / 1000;
  const { findings, matches } = await one<{ findings: number; matches: number }>(
    `select (select count(*) from component join vulnerability_match using (identity_id))::int as findings,
       (select count(*) from vulnerability_match)::int as matches`,
  );
  const figures = {
    projects: projects.length,
    identities,
    components,
    matches,
    findings,
    seconds: Number(seconds.toFixed(1)),
    identitiesPerSecond: Math.round(components / seconds),
  };
  console.log(`the whole portfolio: ${JSON.stringify(figures)}`);
  return figures;
}

/** Sets of vulnerabilities for each package version, qualifiers left out, with those expected. */
async function compare(): Promise<{ versions: number; different: number }> {
  const coordinates = (purl: string) => {
    // Neither side is canonical: `+` is encoded here and not there, `/` the other way round.
    const plain = decodeURIComponent(purl.split("?")[0]?.split("#")[0] ?? purl);
    // Names of Go modules are compared in lower case, as the purl type says; what is expected was looked up as written.
    return plain.startsWith("pkg:golang/") ? plain.toLowerCase() : plain;
  };
  const expected = new Map(
    sharedLines<{ purl: string; expected: string[] }>("data/matching/expected-by-purl.jsonl.gz").map((line) => [
      coordinates(line.purl),
      line.expected.toSorted().join(" "),
    ]),
  );
  const { rows } = await database.query<{ purl: string; ids: string[] }>(
    `select i.purl, array(select v.vuln_id from vulnerability_match m join vulnerability v on v.id = m.vulnerability_id
       where m.identity_id = i.id order by v.vuln_id collate "C") as ids
     from component_identity i where i.purl is not null and exists (select 1 from component c where c.identity_id = i.id)`,
  );
  const isExpected = ({ purl, ids }: { purl: string; ids: string[] }) => {
    const wanted = expected.get(coordinates(purl));
    const isModuleInLowerCase = purl.startsWith("pkg:golang/") && purl === purl.toLowerCase();
    return wanted === undefined ? ids.length === 0 || isModuleInLowerCase : ids.toSorted().join(" ") === wanted;
  };
  const different = rows.filter((row) => !isExpected(row));
  for (const { purl, ids } of different.slice(0, 10))
    console.log(`differs: ${purl}: ${ids.join(" ")}, not ${expected.get(coordinates(purl))}`);
  console.log(`${rows.length} package versions, ${different.length} with other findings than expected`);
  return { versions: rows.length, different: different.length };
}

/** An advisory names more versions, or fewer, of a package that many projects have: until the API lists them. */
async function change() {
  const { key, identities } = await one<{ key: string; identities: number }>(
    `select package_key as key, count(*)::int as identities from component_identity i
     where package_key is not null and exists (select 1 from component c where c.identity_id = i.id)
     group by package_key order by 2 desc limit 1`,
  );
  const affectedComponents = [{ identityType: "PURL", identity: `pkg:${key}` }];
  const body = { vulnId: "INT-bench", severity: "HIGH" };
  const { uuid } = await cluster.admin.expect<{ uuid: string }>("PUT", "/api/v1/vulnerability", body);
  await settled();
  const began = await nowOf();
  const shownMs: number[] = [];
  let projects = 0;
  let touched = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const isThere = round % 2 === 0;
    const before = await nowOf();
    await cluster.admin.expect("POST", "/api/v1/vulnerability", {
      ...body,
      uuid,
      affectedComponents: isThere ? affectedComponents : [],
    });
    const startedMs = performance.now();
    await until("the change shows", SHOWN_MAX_MS, async () => {
      const answer = await cluster.admin.request(
        "GET",
        "/api/v1/vulnerability/source/INTERNAL/vuln/INT-bench/projects?limit=1",
      );
      const total = Number(answer.headers.get("x-total-count"));
      if (isThere) projects = Math.max(projects, total);
      if (total > 0 !== isThere) await sleep(5);
      return total > 0 === isThere;
    });
    shownMs.push(Math.round(performance.now() - startedMs));
    await settled();
    touched += await touchedSince(before);
  }
  const figures = {
    package: key,
    projects,
    identitiesOfPackage: identities,
    identitiesTouched: touched,
    shownMs,
    began,
  };
  console.log(`one changed advisory: ${JSON.stringify(figures)}`);
  return figures;
}

async function mirrorAgain() {
  const began = await nowOf();
  const startedMs = performance.now();
  await mirrorOsv(cluster.admin, OSV);
  await settled();
  const seconds = Number(((performance.now() - startedMs) / 1000).toFixed(1));
  const { runs } = await one<{ runs: number }>(
    "select count(*)::int as runs from wf_run where name in ('match-advisories', 'analyze-project') and created_at >= $1",
    [began],
  );
  const figures = { seconds, analyses: runs, identitiesTouched: await touchedSince(began) };
  console.log(`unchanged feeds: ${JSON.stringify(figures)}`);
  return figures;
}

/**
 * Lists of one project of 20,000 components with some 1,500 findings, as its pages in the UI ask for them: first and deep
 * pages of components and findings, several orders, a search. Bar: p95 below 100 ms for each.
 *
 *   npm run bench -- findings-list [--requests 60]
 */
import { parseArgs } from "node:util";
import pg from "pg";
import { Cluster } from "../e2e/harness/cluster.ts";
import { keepResult } from "./measuring/result.ts";

const COMPONENTS = 20_000;
const FINDINGS = 1_500;
/** Beside the project: so that the planner has a portfolio to choose from. */
const OTHER_PROJECTS = 50;
const OTHER_COMPONENTS = 2_000;
const BAR_MS = 100;
const WARM_UP_REQUESTS = 5;

const { values } = parseArgs({ options: { requests: { type: "string", default: "60" } } });
const cluster = await Cluster.start();
const database = new pg.Client({ connectionString: cluster.databaseUrl });
try {
  await database.connect();
  const uuid = await fill();
  const figures: Record<string, { p50: number; p95: number; total: number }> = {};
  for (const [name, path] of Object.entries(pathsOf(uuid))) {
    const { durations, total } = await time(path, Number(values.requests));
    figures[name] = { p50: quantile(durations, 0.5), p95: quantile(durations, 0.95), total };
    console.log(`${name}: p50 ${figures[name].p50} ms, p95 ${figures[name].p95} ms (bar ${BAR_MS}), ${total} in all`);
  }
  keepResult("findings-list", {
    components: COMPONENTS,
    findings: FINDINGS,
    requests: Number(values.requests),
    ...figures,
  });
} finally {
  await database.end();
  await cluster.close();
}

function pathsOf(uuid: string): Record<string, string> {
  const findings = `/api/v1/finding/project/${uuid}`;
  const components = `/api/v1/component/project/${uuid}`;
  return {
    "components, first page": `${components}?pageNumber=1&pageSize=10`,
    "components, page of 100": `${components}?pageNumber=1&pageSize=100`,
    "components, deep": `${components}?pageNumber=190&pageSize=100`,
    "components, search": `${components}?pageNumber=1&pageSize=10&searchText=part-77`,
    "findings, first page": `${findings}?pageNumber=1&pageSize=10`,
    "findings, page of 100": `${findings}?pageNumber=1&pageSize=100`,
    "findings, deep": `${findings}?pageNumber=14&pageSize=100`,
    "findings, by component": `${findings}?pageNumber=1&pageSize=100&sortName=component.name&sortOrder=asc`,
    "findings, by attribution": `${findings}?pageNumber=1&pageSize=100&sortName=attribution.attributedOn&sortOrder=desc`,
    "findings, search": `${findings}?pageNumber=1&pageSize=10&searchText=part-77`,
  };
}

/** Milliseconds per request, one after another. */
async function time(path: string, requests: number): Promise<{ durations: number[]; total: number }> {
  const durations: number[] = [];
  let total = 0;
  for (let request = -WARM_UP_REQUESTS; request < requests; request++) {
    const before = performance.now();
    const answer = await cluster.admin.request("GET", path);
    if (request >= 0) durations.push(performance.now() - before);
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`);
    total = Number(answer.headers.get("x-total-count"));
  }
  return { durations: durations.toSorted((a, b) => a - b), total };
}

function quantile(sorted: readonly number[], at: number): number {
  return Number((sorted[Math.ceil(sorted.length * at) - 1] ?? Number.NaN).toFixed(1));
}

/** Inserts the portfolio by SQL; the UUID of the large project. */
async function fill(): Promise<string> {
  await database.query(
    `insert into component_identity (key, group_name, name, version, purl, purl_coordinates, purl_type, package_key)
     select gen_random_uuid(), 'org.example', 'part-' || n, '1.' || n, purl, purl, 'maven', 'maven/org.example:part-' || n
     from generate_series(1, $1) n, lateral (select 'pkg:maven/org.example/part-' || n || '@1.' || n as purl) x`,
    [COMPONENTS],
  );
  const { rows } = await database.query<{ id: number; uuid: string }>(
    `with p as (insert into project (name, version) select 'p' || n, '1' from generate_series(0, $1) n returning id, uuid, name),
       h as (insert into project_hierarchy (parent_id, child_id, depth) select id, id, 0 from p)
     select id, uuid from p order by name = 'p0' desc, id`,
    [OTHER_PROJECTS],
  );
  const [large, ...others] = rows;
  if (large === undefined) throw new Error("no project came back");
  await database.query(
    "insert into component (project_id, identity_id, detail) select $1, id, jsonb_build_object('publisher', 'Example') from component_identity",
    [large.id],
  );
  for (const { id } of others)
    await database.query(
      "insert into component (project_id, identity_id) select $1, id from component_identity where id % 10 = $1 % 10 limit $2",
      [id, OTHER_COMPONENTS],
    );
  await database.query(
    `insert into vulnerability (source, vuln_id, title, description, severity, cvss, published, cwes, reference_links)
     select 'OSV', 'BENCH-' || n, 'Vulnerability ' || n, repeat('A long description. ', 60), n % 6, n % 10,
       now() - n * interval '1 hour', '{79,89}', '["https://example.org/advisory", "https://example.org/fix"]'
     from generate_series(1, $1) n`,
    [FINDINGS],
  );
  await database.query(
    `insert into vulnerability_match (vulnerability_id, identity_id, severity, cvss, epss, published, analyzers)
     select v.id, i.id, v.severity, v.cvss, v.epss, v.published, '{internal}' from vulnerability v
     join component_identity i on i.id = (select min(id) from component_identity) + (v.id * 13) % $1`,
    [COMPONENTS],
  );
  await database.query("vacuum analyze");
  return large.uuid;
}

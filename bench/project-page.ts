/**
 * Every list of components a page of the UI or a client asks for: of one project of 20,000 components (the merged BOM of the shared
 * folder where it is there, else a generated one) in every order, searched, narrowed, deep, by page token; its graph; and the
 * searches of a portfolio of 300,000 components, for somebody who sees everything and for somebody who sees two projects of 60.
 * Bar: p95 below 100 ms for lists of the project.
 *
 *   npm run bench -- project-page [--requests 40] [--only TEXT]
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import pg from "pg";
import { ApiClient } from "../e2e/harness/api-client.ts";
import { Cluster } from "../e2e/harness/cluster.ts";
import { sampleBom } from "../e2e/harness/sample-bom.ts";
import { keepResult } from "./measuring/result.ts";

const COMPONENTS = 20_000;
/** Beside the project: the planner has a portfolio to choose from. */
const OTHER_PROJECTS = 56;
const OTHER_COMPONENTS = 5_000;
const BAR_MS = 100;
const WARM_UP_REQUESTS = 3;
/** Of an identity `i`: its hashes. */
const DETAIL = `jsonb_build_object('hashes', jsonb_build_object('sha1', lpad((i.id % 50000)::text, 40, '0'),
  'sha256', md5(i.id::text) || md5(i.id::text || 'x')))`;

/** Searches of the portfolio. */
const SEARCHES: Readonly<Record<string, string>> = {
  "by name": "sort_by=name",
  "by risk": "sort_by=last_inherited_risk_score&sort_direction=DESC",
  "name contains": "name_contains=part-77",
  "name that is rare": "name_contains=part-4999",
  "name that is not there": "name_contains=nosuchname",
  "purl prefix": "purl_prefix=pkg:maven/org.example/part-12",
  cpe: "cpe=cpe:2.3:a:x:y:1:*:*:*:*:*:*:*",
  hash: `hash_type=SHA1&hash=${"0".repeat(36)}1234`,
  "active and latest": "project_state=ACTIVE&project_latest_version=false&name_contains=part-7",
};

const { values } = parseArgs({
  options: { requests: { type: "string", default: "40" }, only: { type: "string", default: "" } },
});
const shared = process.env.EVERTRACK_SHARED ?? join(import.meta.dirname, "../../shared");
const cluster = await Cluster.start();
const database = new pg.Client({ connectionString: cluster.databaseUrl });
try {
  await database.connect();
  const uuid = await importLarge();
  await fillPortfolio();
  const figures: Record<string, { p50: number; p95: number; total: string }> = {};
  const lists = { ...projectLists(uuid), ...findingLists(uuid), ...(await graphRequests(uuid)), ...(await searches()) };
  for (const [name, ask] of Object.entries(lists)) {
    if (!name.includes(values.only)) continue;
    const { durations, total } = await time(ask, Number(values.requests));
    figures[name] = { p50: quantile(durations, 0.5), p95: quantile(durations, 0.95), total };
    console.log(`${name}: p50 ${figures[name].p50} ms, p95 ${figures[name].p95} ms (bar ${BAR_MS}), ${total} in all`);
  }
  keepResult("project-page", { components: COMPONENTS, requests: Number(values.requests), ...figures });
} finally {
  await database.end();
  await cluster.close();
}

type Ask = () => Promise<{ status: number; text: string; headers: Headers }>;

function of(path: string, client: ApiClient = cluster.admin): Ask {
  return () => client.request("GET", path);
}

function projectLists(uuid: string): Record<string, Ask> {
  const v1 = `/api/v1/component/project/${uuid}`;
  const v2 = `/api/v2/projects/${uuid}/components`;
  const sorted = ["name", "group", "version", "purl", "classifier", "license", "isInternal", "scope"].map(
    (column) => [`v1 by ${column}`, of(`${v1}?pageNumber=1&pageSize=100&sortName=${column}&sortOrder=desc`)] as const,
  );
  const paged = ["name", "group", "last_inherited_risk_score"].map(
    (column) =>
      [`v2 by ${column}`, of(`${v2}?limit=100&sort_by=${column}&sort_direction=DESC&expand=metrics`)] as const,
  );
  return {
    ...Object.fromEntries([...sorted, ...paged]),
    "v1 first page": of(`${v1}?pageNumber=1&pageSize=10`),
    "v1 deep": of(`${v1}?pageNumber=190&pageSize=100`),
    "v1 largest page": of(`${v1}?pageNumber=1&pageSize=1000`),
    "v1 search": of(`${v1}?pageNumber=1&pageSize=10&searchText=node`),
    "v1 direct": of(`${v1}?pageNumber=1&pageSize=100&onlyDirect=true`),
    "v2 first page": of(`${v2}?limit=10&sort_by=name&sort_direction=ASC&expand=metrics&expand=package_metadata`),
    "v2 search": of(`${v2}?limit=10&q=node`),
    "v2 direct": of(`${v2}?limit=100&only_direct=true`),
    "v2 deep": deep(v2),
  };
}

/** The other lists of the project's page. */
function findingLists(uuid: string): Record<string, Ask> {
  const findings = `/api/v1/finding/project/${uuid}`;
  const sorts = ["vulnerability.severity", "vulnerability.vulnId", "component.name", "attribution.attributedOn"];
  return {
    ...Object.fromEntries(
      sorts.map((sort) => [
        `findings by ${sort}`,
        of(`${findings}?pageNumber=1&pageSize=100&sortName=${sort}&sortOrder=desc`),
      ]),
    ),
    "findings, search": of(`${findings}?pageNumber=1&pageSize=10&searchText=node`),
    "findings, not looked at": of(`${findings}?pageNumber=1&pageSize=100&hasAnalysis=false`),
    services: of(`/api/v1/service/project/${uuid}?pageNumber=1&pageSize=100`),
  };
}

/** The page after 19,000 components, by its token. */
function deep(path: string): Ask {
  let token = "";
  return async () => {
    if (token === "") token = await tokenAfter(path, 19);
    return cluster.admin.request("GET", `${path}?limit=100&page_token=${token}`);
  };
}

/** The token that follows so many pages of a thousand. */
async function tokenAfter(path: string, pages: number): Promise<string> {
  let token = "";
  for (let page = 0; page < pages; page++) {
    const query = token === "" ? "" : `&page_token=${token}`;
    const answer = await cluster.admin.expect<{ next_page_token?: string }>("GET", `${path}?limit=1000${query}`);
    token = answer.next_page_token ?? token;
  }
  return token;
}

async function graphRequests(uuid: string): Promise<Record<string, Ask>> {
  const list = await cluster.admin.request("GET", `/api/v1/component/project/${uuid}?pageNumber=100&pageSize=100`);
  const [one] = JSON.parse(list.text) as { uuid: string }[];
  return {
    "graph, roots": of(`/api/v1/dependencyGraph/project/${uuid}/directDependencies`),
    "graph, opened": of(`/api/v1/component/project/${uuid}/dependencyGraph/${one?.uuid}`),
    "graph, paths": of(`/api/v2/components/${one?.uuid}/paths`),
    "project with direct dependencies": of(`/api/v1/project/${uuid}`),
  };
}

async function searches(): Promise<Record<string, Ask>> {
  const few = await reader();
  const entries = Object.entries(SEARCHES).flatMap(([name, query]) => [
    [`portfolio, ${name}`, of(`/api/v2/components?limit=100&${query}`)] as const,
    [`two projects, ${name}`, of(`/api/v2/components?limit=100&${query}`, few)] as const,
  ]);
  return { ...Object.fromEntries(entries), "portfolio, v1 hash": of(`/api/v1/component/hash/${"0".repeat(36)}1234`) };
}

/** Somebody who sees two projects, access control being on. */
async function reader(): Promise<ApiClient> {
  const { admin } = cluster;
  const property = { groupName: "access-management", propertyName: "acl.enabled", propertyValue: "true" };
  await admin.expect("POST", "/api/v1/configProperty", property);
  const team = await admin.expect<{ uuid: string }>("PUT", "/api/v1/team", { name: "few" });
  await admin.expect("PUT", "/api/v1/permission/team", { team: team.uuid, permissions: ["VIEW_PORTFOLIO"] });
  const { key } = await admin.expect<{ key: string }>("PUT", `/api/v1/team/${team.uuid}/key`);
  await database.query(
    `insert into project_access_team (project_id, team_id) select p.id, t.id from team t,
       (select id from project order by id desc limit 2) p where t.name = 'few'`,
  );
  return new ApiClient(admin.url, key);
}

/** Milliseconds per request, one after another. */
async function time(ask: Ask, requests: number): Promise<{ durations: number[]; total: string }> {
  const durations: number[] = [];
  let total = "";
  for (let request = -WARM_UP_REQUESTS; request < requests; request++) {
    const before = performance.now();
    const answer = await ask();
    if (request >= 0) durations.push(performance.now() - before);
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
    total = answer.headers.get("x-total-count") ?? totalOf(answer.text);
  }
  return { durations: durations.toSorted((a, b) => a - b), total };
}

function totalOf(text: string): string {
  const { total } = JSON.parse(text) as { total?: { count: number; type: string } };
  return total === undefined ? "-" : `${total.count} ${total.type}`;
}

function quantile(sorted: readonly number[], at: number): number {
  return Number((sorted[Math.ceil(sorted.length * at) - 1] ?? Number.NaN).toFixed(1));
}

async function importLarge(): Promise<string> {
  const file = join(shared, "data/sboms/huge/merged-20000.cdx.json.gz");
  const bom = existsSync(file) ? gunzipSync(readFileSync(file)).toString("utf8") : generated();
  const { token, projectUuid } = await cluster.admin.upload(bom, { name: "large", version: "1" });
  await cluster.admin.processed(token, 300_000);
  return projectUuid;
}

function generated(): string {
  return sampleBom(
    Array.from({ length: COMPONENTS }, (_, n) => ({
      name: `node-part-${n}`,
      version: `1.${n}`,
      purl: `pkg:npm/node-part-${n}@1.${n}`,
    })),
  );
}

/** Other projects by SQL, with hashes, and some vulnerabilities on what they share. */
async function fillPortfolio(): Promise<void> {
  await database.query(
    `insert into component_identity (key, group_name, name, version, purl, purl_coordinates, purl_type, package_key)
     select gen_random_uuid(), 'org.example', 'part-' || n, '1.' || n, purl, purl, 'maven', 'maven/org.example:part-' || n
     from generate_series(1, 10 * $1) n, lateral (select 'pkg:maven/org.example/part-' || n || '@1.' || n as purl) x`,
    [OTHER_COMPONENTS],
  );
  const { rows } = await database.query<{ id: number }>(
    `with p as (insert into project (name, version) select 'p' || n, '1' from generate_series(1, $1) n returning id),
       h as (insert into project_hierarchy (parent_id, child_id, depth) select id, id, 0 from p)
     select id from p order by id`,
    [OTHER_PROJECTS],
  );
  await database.query(
    `insert into component_detail (key, content) select component_detail_key(${DETAIL}), ${DETAIL}
     from component_identity i where purl_type = 'maven' and name like 'part-%'`,
  );
  for (const [index, { id }] of rows.entries())
    await database.query(
      `insert into component (project_id, identity_id, detail_id)
       select $1, i.id, d.id from component_identity i join component_detail d on d.key = component_detail_key(${DETAIL})
       where purl_type = 'maven' and i.id % 10 = $2 and name like 'part-%'`,
      [id, index % 10],
    );
  await database.query(
    `insert into vulnerability (source, vuln_id, title, severity, cvss, published)
     select 'OSV', 'BENCH-' || n, 'Vulnerability ' || n, n % 6, n % 10, now() - n * interval '1 hour' from generate_series(1, 3000) n`,
  );
  await database.query(
    `insert into vulnerability_match (vulnerability_id, identity_id, severity, cvss, epss, published, analyzers)
     select v.id, i.id, v.severity, v.cvss, v.epss, v.published, '{internal}'
     from component_identity i join vulnerability v on v.id = (select min(id) from vulnerability) + i.id % 3000 where i.id % 9 = 0`,
  );
  await database.query("vacuum analyze");
}

import { type RawBuilder, sql } from "kysely";
import type { Db } from "../../../platform/db/index.ts";
import { detailOf } from "../../components/index.ts";
import { type PortfolioScope, visibleProject } from "../../projects/index.ts";

/** A component as exports read it. */
export interface ExportedComponent {
  identityId: number;
  uuid: string;
  group: string | null;
  name: string;
  version: string | null;
  purl: string | null;
  cpe: string | null;
  swidTagId: string | null;
  scope: string | null;
  classifier: string;
  license: string | null;
  licenseExpression: string | null;
  licenseUrl: string | null;
  /** The licence's name is an id of the SPDX list. */
  isSpdx: boolean;
  detail: Record<string, unknown> | null;
}

/** Texts of the licence statement; where it is not brought into its shape yet, those of the row, which the contract drops. */
function licenseText(column: "name" | "expression" | "url", before: string): RawBuilder<unknown> {
  return sql`case when c.license_id is null then to_jsonb(c) ->> ${sql.lit(before)} else l.${sql.ref(column)} end`;
}

const exported = sql`select c.identity_id as "identityId", c.uuid, i.group_name as "group", i.name, i.version, i.purl, i.cpe,
    i.swid_tag_id as "swidTagId", i.scope, c.classifier, ${licenseText("name", "license")} as license,
    ${licenseText("expression", "license_expression")} as "licenseExpression",
    ${licenseText("url", "license_url")} as "licenseUrl", ${detailOf} as detail,
    exists (select 1 from license k where not k.custom and k.license_id = ${licenseText("name", "license")}) as "isSpdx"
  from component c join component_identity i on i.id = c.identity_id left join component_license l on l.id = c.license_id
    left join component_detail d on d.id = c.detail_id`;

/** The components of a project that follow `afterId`, in the order of their identities; only vulnerable ones if wanted. */
export async function componentsAfter(
  db: Db,
  { projectId, onlyVulnerable }: { projectId: number; onlyVulnerable: boolean },
  afterId: number,
  limit: number,
): Promise<ExportedComponent[]> {
  const vulnerable = sql`exists (select 1 from vulnerability_match m where m.identity_id = c.identity_id)`;
  const { rows } = await sql<ExportedComponent>`/* exports.componentsAfter */
    ${exported} where c.project_id = ${projectId} and c.identity_id > ${afterId}
      and ${onlyVulnerable ? vulnerable : sql`true`}
    order by c.identity_id limit ${limit}`.execute(db);
  return rows;
}

/** Where a component is, and whether the scope sees its project; undefined when there is none. */
export async function locateComponent(
  db: Db,
  scope: PortfolioScope,
  uuid: string,
): Promise<{ projectId: number; identityId: number; visible: boolean } | undefined> {
  const { rows } = await sql<{ projectId: number; identityId: number; visible: boolean }>`/* exports.locateComponent */
    select project_id as "projectId", identity_id as "identityId",
      ${visibleProject(scope, sql.ref("project_id"))} as visible
    from component where uuid = ${uuid}`.execute(db);
  return rows[0];
}

/** One component of a project. */
export async function readExported(db: Db, projectId: number, identityId: number): Promise<ExportedComponent[]> {
  const { rows } = await sql<ExportedComponent>`/* exports.readComponent */
    ${exported} where c.project_id = ${projectId} and c.identity_id = ${identityId}`.execute(db);
  return rows;
}

/** UUIDs of what the project itself depends on; undefined when its graph does not tell, or is of an earlier inventory. */
export async function directDependencies(db: Db, projectId: number): Promise<string[] | undefined> {
  const { rows } = await sql<{ uuids: string[] }>`/* exports.directDependencies */
    select coalesce((select array_agg(c.uuid::text order by c.identity_id) from component c
      where c.project_id = g.project_id and c.identity_id = any(g.direct)), '{}') as uuids
    from project_graph g join project p on p.id = g.project_id and p.bom_digest = g.inventory_digest
    where g.project_id = ${projectId} and g.complete`.execute(db);
  return rows[0]?.uuids;
}

/** What a component depends on, by UUIDs. */
export interface ExportedDependency {
  identityId: number;
  ref: string;
  dependsOn: string[];
}

/** The nodes of a project's graph that follow `afterId`; none when the graph is of an earlier inventory. */
export async function dependenciesAfter(
  db: Db,
  projectId: number,
  afterId: number,
  limit: number,
): Promise<ExportedDependency[]> {
  const { rows } = await sql<ExportedDependency>`/* exports.dependenciesAfter */
    select g.identity_id as "identityId", c.uuid::text as ref,
      coalesce((select array_agg(d.uuid::text order by d.identity_id) from component d
        where d.project_id = g.project_id and d.identity_id = any(g.depends_on)), '{}') as "dependsOn"
    from component_graph g join component c on c.project_id = g.project_id and c.identity_id = g.identity_id
      join project_graph h on h.project_id = g.project_id
      join project p on p.id = g.project_id and p.bom_digest = h.inventory_digest
    where g.project_id = ${projectId} and g.identity_id > ${afterId} order by g.identity_id limit ${limit}`.execute(db);
  return rows;
}

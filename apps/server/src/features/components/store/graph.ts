import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";

/** What a component depends on, by row ids of identities. */
export interface GraphNode {
  identityId: number;
  /** Sorted, distinct; some of them may be gone from the project. */
  dependsOn: number[];
}

/** What is said of a project's graph as a whole. */
export interface GraphHead {
  /** Identities the project itself depends on, sorted. */
  direct: number[];
  /** False when the BOM does not say what the project itself depends on. */
  complete: boolean;
  edges: number;
}

/** The head of a project's graph; undefined when it has none, or one that belongs to an earlier inventory. */
export async function readGraphHead(db: Db, projectId: number): Promise<GraphHead | undefined> {
  const { rows } = await sql<GraphHead>`/* components.readGraphHead */
    select g.direct, g.complete, g.edges from project_graph g
    join project p on p.id = g.project_id and p.bom_digest = g.inventory_digest
    where g.project_id = ${projectId}`.execute(db);
  return rows[0];
}

/**
 * What a project's graph and the components in it are told by, UUIDs included: an inventory that comes back has its digest again, but
 * was imported later. Undefined for projects without an inventory.
 */
export async function graphStamp(db: Db, projectId: number): Promise<string | undefined> {
  const { rows } = await sql<{ stamp: string | null }>`/* components.graphStamp */
    select concat_ws(' ', encode(p.bom_digest, 'hex'), encode(g.digest, 'hex'), encode(g.inventory_digest, 'hex'),
      extract(epoch from p.last_bom_import)) as stamp
    from project p left join project_graph g on g.project_id = p.id
    where p.id = ${projectId} and p.bom_digest is not null`.execute(db);
  return rows[0]?.stamp ?? undefined;
}

/** The nodes of a project's graph that follow `afterId`, by identity; components that depend on nothing have none. */
export async function graphNodesAfter(db: Db, projectId: number, afterId: number, limit: number): Promise<GraphNode[]> {
  const { rows } = await sql<GraphNode>`/* components.graphNodesAfter */
    select identity_id as "identityId", depends_on as "dependsOn" from component_graph
    where project_id = ${projectId} and identity_id > ${afterId} order by identity_id limit ${limit}`.execute(db);
  return rows;
}

/** What tells whether a project's graph has to be written again; `edges` are those that are there. */
export async function storedGraph(
  tx: Tx,
  projectId: number,
): Promise<Pick<GraphRecord, "digest" | "inventoryDigest" | "edges"> | undefined> {
  const { rows } = await sql<GraphRecord>`/* components.storedGraph */
    select digest, inventory_digest as "inventoryDigest", cardinality(direct) + (
      select coalesce(sum(cardinality(depends_on)), 0)::int from component_graph where project_id = ${projectId}) as edges
    from project_graph where project_id = ${projectId}`.execute(tx);
  return rows[0];
}

/** What is stored of a graph beside its nodes. */
export interface GraphRecord extends GraphHead {
  digest: Buffer;
  inventoryDigest: Buffer;
}

/** Stores the head of a project's graph. Under the project's lock. */
export async function storeGraphHead(tx: Tx, projectId: number, head: GraphRecord): Promise<void> {
  await sql`/* components.storeGraphHead */
    insert into project_graph (project_id, direct, complete, edges, digest, inventory_digest)
    values (${projectId}, ${head.direct}::int[], ${head.complete}, ${head.edges}, ${head.digest}, ${head.inventoryDigest})
    on conflict (project_id) do update set direct = excluded.direct, complete = excluded.complete, edges = excluded.edges,
      digest = excluded.digest, inventory_digest = excluded.inventory_digest`.execute(tx);
}

/** A stretch of a graph: every node with `afterId` < identity ≤ `lastId`, in identity order. */
export interface GraphStretch {
  afterId: number;
  lastId: number;
  nodes: readonly GraphNode[];
}

/** Makes a stretch of a project's graph what it has to be; writes what differs only. Under the project's lock. */
export async function storeGraphStretch(tx: Tx, projectId: number, stretch: GraphStretch): Promise<void> {
  const { afterId, lastId, nodes } = stretch;
  const ids = nodes.map(({ identityId }) => identityId);
  const lists = nodes.map(({ dependsOn }) => `{${dependsOn.join()}}`);
  await sql`/* components.storeGraphStretch */
    with wanted as materialized (
      select i, l::int[] as l from unnest(${ids}::int[], ${lists}::text[]) as r(i, l)),
    gone as (
      delete from component_graph g where g.project_id = ${projectId}
        and g.identity_id > ${afterId} and g.identity_id <= ${lastId}
        and not exists (select 1 from wanted w where w.i = g.identity_id))
    insert into component_graph as g (project_id, identity_id, depends_on)
    select ${projectId}::int, i, l from wanted order by i
    on conflict (project_id, identity_id) do update set depends_on = excluded.depends_on
      where g.depends_on <> excluded.depends_on`.execute(tx);
}

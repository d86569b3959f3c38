import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";
import type { ProjectColumns } from "../../projects/index.ts";

/** What a project's inventory was made from. */
export interface InventorySource {
  /** Of the import that made it. */
  token: string;
  /** Of the document and all that reading it depends on; whoever imports makes it. */
  fingerprint: Buffer;
  inventoryDigest: Buffer;
  graphDigest: Buffer;
  graphEdges: number;
  servicesDigest: Buffer;
  /** What the document says of the project itself. */
  projectColumns: ProjectColumns;
}

/** Whether a project's inventory was made from the document of this fingerprint, as far as is known without its lock. */
export async function isSourceOf(db: Db, projectId: number, fingerprint: Buffer): Promise<boolean> {
  const { rows } = await sql`/* components.isSourceOf */
    select 1 from inventory_source where project_id = ${projectId} and fingerprint = ${fingerprint}`.execute(db);
  return rows.length > 0;
}

/** A source, and what became since of what was made from it. */
export interface StandingSource extends InventorySource {
  graph: { digest: Buffer | null; inventoryDigest: Buffer | null; edges: number | null };
  services: { key: string; contentHash: number | null }[];
}

/** The source of a project's inventory, if its last import has told one. Under the project's lock. */
export async function readInventorySource(tx: Tx, projectId: number): Promise<StandingSource | undefined> {
  const { rows } = await sql<
    StandingSource & { digest: Buffer; graphInventory: Buffer; edges: number }
  >`/* components.readInventorySource */
    select s.token, s.fingerprint, s.inventory_digest as "inventoryDigest", s.graph_digest as "graphDigest",
      s.graph_edges as "graphEdges", s.services_digest as "servicesDigest", s.project_columns as "projectColumns",
      g.digest, g.inventory_digest as "graphInventory", cardinality(g.direct) + (
        select coalesce(sum(cardinality(depends_on)), 0)::int from component_graph where project_id = ${projectId}) as edges,
      (select coalesce(jsonb_agg(jsonb_build_object('key', key, 'contentHash', content_hash)), '[]') from service
        where project_id = ${projectId}) as services
    from inventory_source s left join project_graph g using (project_id) where project_id = ${projectId}`.execute(tx);
  const [row] = rows;
  if (row === undefined) return undefined;
  const { digest, graphInventory: inventoryDigest, edges, ...source } = row;
  return { ...source, graph: { digest, inventoryDigest, edges } };
}

/** Tells the source of a project's inventory, after its import was recorded. Under the project's lock. */
export async function insertInventorySource(tx: Tx, projectId: number, source: InventorySource): Promise<void> {
  await sql`/* components.insertInventorySource */
    insert into inventory_source (project_id, token, fingerprint, inventory_digest, graph_digest, graph_edges,
      services_digest, project_columns)
    values (${projectId}, ${source.token}, ${source.fingerprint}, ${source.inventoryDigest}, ${source.graphDigest},
      ${source.graphEdges}, ${source.servicesDigest}, ${JSON.stringify(source.projectColumns)}::jsonb)
    on conflict (project_id) do nothing`.execute(tx);
}

/** An import as it is remembered, in what its document says of itself. */
export interface RepeatedImport {
  format: string;
  specVersion: string;
  components: number;
}

/** Records that the document of an earlier import was imported once more; undefined when that import is not known any more. */
export async function repeatBomImport(
  tx: Tx,
  earlierToken: string,
  token: string,
): Promise<RepeatedImport | undefined> {
  const { rows } = await sql<RepeatedImport>`/* components.repeatBomImport */
    insert into bom_import
      (project_id, token, format, spec_version, serial_number, bom_version, generated_at, imported_at, components, notes, quality)
    select project_id, ${token}::uuid, format, spec_version, serial_number, bom_version, generated_at, clock_timestamp(), components,
      notes, quality
    from bom_import where token = ${earlierToken}
    returning format, spec_version as "specVersion", components`.execute(tx);
  return rows[0];
}

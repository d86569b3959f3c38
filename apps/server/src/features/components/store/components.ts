import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";
import type { InventoryRow } from "../inventory.ts";

/** A component to write: its row of the inventory with the row ids of its identity, its licence statement and its details. */
export interface StoredComponent extends Omit<InventoryRow, "detail"> {
  identityId: number;
  licenseId: number;
  detailId: number;
}

/** Content hashes of the components of a project that follow `afterId`, in identity order. */
export async function contentHashesAfter(
  db: Db,
  projectId: number,
  afterId: number,
  limit: number,
): Promise<{ id: number; hash: number }[]> {
  const { rows } = await sql<{ id: number; hash: number }>`/* components.contentHashes */
    select identity_id as id, content_hash as hash from component
    where project_id = ${projectId} and identity_id > ${afterId} order by identity_id limit ${limit}`.execute(db);
  return rows;
}

/** Adds components (see componentsJson) to a project; they get a UUID and are seen from now on. */
export async function insertComponents(tx: Tx, projectId: number, rows: string): Promise<void> {
  await sql`/* components.insert */
    insert into component
      (project_id, identity_id, classifier, is_internal, license_id, content_hash, detail_id)
    select ${projectId}::int, i, c, n, l, h, d from ${recordset(rows)}
    order by i`.execute(tx);
}

/** Changes what BOMs say about components (see componentsJson); UUID and first sight stay. */
export async function updateComponents(tx: Tx, projectId: number, rows: string): Promise<void> {
  await sql`/* components.update */
    update component set classifier = r.c, is_internal = r.n, license_id = r.l,
      content_hash = r.h, detail_id = r.d
    from ${recordset(rows)} where project_id = ${projectId} and identity_id = r.i`.execute(tx);
}

/** Rows as insertComponents and updateComponents take them. */
export function componentsJson(rows: readonly StoredComponent[]): string {
  return JSON.stringify(
    rows.map((row) => ({
      i: row.identityId,
      c: row.classifier,
      n: row.isInternal,
      l: row.licenseId,
      h: row.contentHash,
      d: row.detailId,
    })),
  );
}

function recordset(json: string) {
  return sql`jsonb_to_recordset(${json}::jsonb)
    as r(i int, c text, n boolean, l int, h bigint, d int)`;
}

/** Removes components of a project by identity. */
export async function removeComponents(tx: Tx, projectId: number, identityIds: readonly number[]): Promise<void> {
  await sql`/* components.remove */
    delete from component where project_id = ${projectId} and identity_id = any(${[...identityIds]}::int[])`.execute(
    tx,
  );
}

/** Removes up to `limit` components of a project; returns how many. */
export async function removeSomeComponents(tx: Tx, projectId: number, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`/* components.removeSome */
    delete from component where project_id = ${projectId} and identity_id = any(array(
      select identity_id from component where project_id = ${projectId} order by identity_id limit ${limit}))`.execute(
    tx,
  );
  return Number(numAffectedRows ?? 0n);
}

/** What is remembered of an imported document. */
export interface BomImport {
  projectId: number;
  token: string;
  format: string;
  specVersion: string;
  serialNumber: string | undefined;
  bomVersion: number | undefined;
  generatedAt: string | undefined;
  components: number;
  notes: readonly object[];
  /** How good the document is, as `@evertrack/sbom/quality` judges it. */
  quality: object;
}

/** Records an imported document; importing the same upload again changes nothing. */
export async function insertBomImport(tx: Tx, bom: BomImport): Promise<void> {
  await sql`/* components.insertBomImport */
    insert into bom_import
      (project_id, token, format, spec_version, serial_number, bom_version, generated_at, components, notes, quality)
    values (${bom.projectId}, ${bom.token}, ${bom.format}, ${bom.specVersion}, ${bom.serialNumber ?? null},
      ${bom.bomVersion ?? null}, ${bom.generatedAt ?? null}, ${bom.components}, ${JSON.stringify(bom.notes)}::jsonb,
      ${JSON.stringify(bom.quality)}::jsonb)
    on conflict (token) do nothing`.execute(tx);
}

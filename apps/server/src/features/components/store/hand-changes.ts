import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";
import type { ByHand } from "../rules/hand-made.ts";
import type { ComponentDetail } from "../rules/inventory.ts";
import { detailOf, keepDetail } from "./details.ts";

/** Content hash of components that were changed by hand: no BOM's has it, so the next import sees a difference. */
export const HAND_MADE_HASH = -1;

/** A component under its project's lock. */
export interface LockedComponent {
  uuid: string;
  identityId: number;
  contentHash: number;
  detail: ComponentDetail | null;
}

/** The component with this UUID in the project. The project's lock keeps others from changing it. */
export async function componentUnderLock(
  tx: Tx,
  projectId: number,
  uuid: string,
): Promise<LockedComponent | undefined> {
  const { rows } = await sql<LockedComponent>`/* components.underLock */
    select c.uuid, c.identity_id as "identityId", c.content_hash as "contentHash", ${detailOf} as detail
    from component c left join component_detail d on d.id = c.detail_id
    where c.uuid = ${uuid} and c.project_id = ${projectId} for update of c`.execute(tx);
  return rows[0];
}

/** UUID of the project's component with this identity. */
export async function uuidOfIdentity(tx: Tx, projectId: number, identityId: number): Promise<string | undefined> {
  const { rows } = await sql<{ uuid: string }>`/* components.uuidOfIdentity */
    select uuid from component where project_id = ${projectId} and identity_id = ${identityId}`.execute(tx);
  return rows[0]?.uuid;
}

/** How many components a project has. */
export async function componentCount(tx: Tx, projectId: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`/* components.countOfProject */
    select count(*)::int as n from component where project_id = ${projectId}`.execute(tx);
  return rows[0]?.n ?? 0;
}

/** Sets what only people say of a component; null: nothing. */
export async function storeByHand(tx: Tx, projectId: number, identityId: number, byHand: ByHand | null): Promise<void> {
  await sql`/* components.storeByHand */
    update component set by_hand = ${byHand === null ? null : JSON.stringify(byHand)}::jsonb
    where project_id = ${projectId} and identity_id = ${identityId}`.execute(tx);
}

/** Replaces the details of a component by hand. */
export async function storeDetail(
  tx: Tx,
  projectId: number,
  identityId: number,
  detail: ComponentDetail,
): Promise<void> {
  const detailId = await keepDetail(tx, detail);
  await sql`/* components.storeDetail */
    update component set detail_id = ${detailId}, content_hash = ${HAND_MADE_HASH}
    where project_id = ${projectId} and identity_id = ${identityId}`.execute(tx);
}

/** Takes what the component depends on out of the graph, so that it can become another identity; see putNode. */
export async function takeNode(tx: Tx, projectId: number, identityId: number): Promise<number[] | undefined> {
  const { rows } = await sql<{ dependsOn: number[] }>`/* components.takeNode */
    delete from component_graph where project_id = ${projectId} and identity_id = ${identityId}
    returning depends_on as "dependsOn"`.execute(tx);
  return rows[0]?.dependsOn;
}

/** Puts back what a component depends on. */
export async function putNode(tx: Tx, projectId: number, identityId: number, dependsOn: number[]): Promise<void> {
  await sql`/* components.putNode */
    insert into component_graph (project_id, identity_id, depends_on)
    values (${projectId}, ${identityId}, ${dependsOn}::int[])`.execute(tx);
}

/** Makes a component another identity; its UUID and first sight stay. Its node is taken out of the graph before. */
export async function changeIdentity(tx: Tx, projectId: number, from: number, to: number): Promise<void> {
  await sql`/* components.changeIdentity */
    update component set identity_id = ${to} where project_id = ${projectId} and identity_id = ${from}`.execute(tx);
}

/** What depended on one identity depends on the other; lists stay sorted and distinct. */
export async function renameInGraph(tx: Tx, projectId: number, from: number, to: number): Promise<void> {
  const renamed = (list: string) => sql`array(
    select distinct x from unnest(array_replace(${sql.ref(list)}, ${from}::int, ${to}::int)) as u(x) order by x)`;
  await sql`/* components.renameInNodes */
    update component_graph g set depends_on = ${renamed("g.depends_on")}
    where g.project_id = ${projectId} and ${from}::int = any(g.depends_on)`.execute(tx);
  await sql`/* components.renameInProject */
    update project_graph g set direct = ${renamed("g.direct")}
    where g.project_id = ${projectId} and ${from}::int = any(g.direct)`.execute(tx);
}

/**
 * The graph that belonged to a project's inventory belongs to the changed one, too, and is shown on; but it equals no BOM's any
 * more, so that the next import writes it anew. Comes before the new digest of the inventory is recorded.
 */
export async function keepGraph(tx: Tx, projectId: number, inventoryDigest: Buffer): Promise<void> {
  await sql`/* components.keepGraph */
    update project_graph g set inventory_digest = ${inventoryDigest}, digest = ''::bytea
    from project p where g.project_id = ${projectId} and p.id = g.project_id and p.bom_digest = g.inventory_digest`.execute(
    tx,
  );
}

/** A component as the rule for internal ones sees it. */
export interface NamedComponent {
  identityId: number;
  group: string | null;
  name: string;
  isInternal: boolean;
}

/** The project's components that follow `afterId`, by identity. */
export async function namedComponents(
  db: Db,
  projectId: number,
  afterId: number,
  limit: number,
): Promise<NamedComponent[]> {
  const { rows } = await sql<NamedComponent>`/* components.named */
    select c.identity_id as "identityId", i.group_name as "group", i.name, c.is_internal as "isInternal"
    from component c join component_identity i on i.id = c.identity_id
    where c.project_id = ${projectId} and c.identity_id > ${afterId} order by c.identity_id limit ${limit}`.execute(db);
  return rows;
}

/** Says of components whether they are internal; the next import of their BOM sees that it did not say so. */
export async function storeInternal(
  tx: Tx,
  projectId: number,
  ids: readonly number[],
  internal: boolean,
): Promise<void> {
  await sql`/* components.storeInternal */
    update component set is_internal = ${internal}, content_hash = ${HAND_MADE_HASH}
    where project_id = ${projectId} and identity_id = any(${[...ids]}::int[]) and is_internal <> ${internal}`.execute(
    tx,
  );
}

/** The next projects by id that have components. */
export async function projectsWithComponents(db: Db, afterId: number, limit: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`/* components.projectsWith */
    select p.id from project p where p.id > ${afterId} and exists (select 1 from component c where c.project_id = p.id)
    order by p.id limit ${limit}`.execute(db);
  return rows.map(({ id }) => id);
}

import { type RawBuilder, sql } from "kysely";

/** A LIKE pattern that finds the text literally wherever it stands in a lower-cased column that compares by bytes. */
export function containing(text: string): RawBuilder<string> {
  return sql<string>`lower(${`%${escaped(text)}%`} collate "C")`;
}

/** Parts columns put together; it stands in no line of text a client sends. */
const BETWEEN = "\u001f";

/** Whether any of the columns contains the text, in any letter case: they are folded at once, which takes half the time. */
export function anyContains(columns: readonly string[], text: string): RawBuilder<boolean> {
  const all = sql.join([sql.lit(BETWEEN), ...columns.map((column) => sql.ref(column))]);
  if (text.includes(BETWEEN)) return sql<boolean>`false`;
  return sql<boolean>`lower(concat_ws(${all})) like ${containing(text)}`;
}

/** The same for what begins with the text; an index on the lower-cased column answers it. */
export function beginningWith(text: string): RawBuilder<string> {
  return sql<string>`lower(${`${escaped(text)}%`} collate "C")`;
}

function escaped(text: string): string {
  return text.replaceAll(/[\\%_]/g, "\\$&");
}

/** Components `c` the project itself depends on, by the graph of its present inventory; none when there is no such graph. */
export function directOnly(projectId: number): RawBuilder<boolean> {
  return sql<boolean>`c.identity_id in (
    select unnest(g.direct) from project_graph g join project o on o.id = g.project_id and o.bom_digest = g.inventory_digest
    where g.project_id = ${projectId})`;
}

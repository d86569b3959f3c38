/** The statements with which 0.3.0 writes and reads the details of components; that release runs beside this one until an upgrade is finalized. */
export const release030 = {
  insert: `insert into component (project_id, identity_id, classifier, is_internal, license_id, content_hash, detail)
    select $2::int, i, c, n, l, h, d from jsonb_to_recordset($1::jsonb)
      as r(i int, c text, n boolean, l int, h bigint, d jsonb)
    order by i`,
  update: `update component set classifier = r.c, is_internal = r.n, license_id = r.l, content_hash = r.h, detail = r.d
    from jsonb_to_recordset($1::jsonb) as r(i int, c text, n boolean, l int, h bigint, d jsonb)
    where project_id = $2 and identity_id = r.i`,
  read: "select identity_id as id, detail from component where project_id = $1 order by 1",
  json: (rows: readonly { identityId: number; detail: object }[]): string =>
    JSON.stringify(rows.map(({ identityId: i, detail: d }) => ({ i, c: "LIBRARY", n: false, l: 0, h: 1, d }))),
};

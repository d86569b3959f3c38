import { executorOf, type Tx } from "../../../platform/db/index.ts";
import { Seed } from "../../../testing/seed.ts";
import type { TestServer } from "../../../testing/test-server.ts";
import type { Json } from "../../upgrades/index.ts";
import { ensureLicenses } from "../commands/ensure-licenses.ts";
import { licenseBackfill } from "../license-backfill.ts";
import type { LicenseStatement } from "../rules/inventory.ts";
import { componentsJson, insertComponents, updateComponents } from "../store/components.ts";
import { type ComponentPage, listOrder } from "../store/listing.ts";
import { readInOrder, readOrder } from "../store/orders.ts";

const PAGE: ComponentPage = { column: "i.name", descending: false, offset: 0, limit: 1_000, searchText: undefined };
const BATCHES_MAX = 1_000;

/** A component with its texts, as 0.1.0 writes it. */
export interface TextsOfComponent extends LicenseStatement {
  identityId: number;
}

/** The statements with which 0.1.0 writes components; that release runs beside this one until an upgrade is finalized. */
const release010 = {
  insert: `insert into component
      (project_id, identity_id, classifier, is_internal, license, license_expression, license_url, content_hash, detail)
    select $2::int, i, c, n, l, le, lu, h, d from jsonb_to_recordset($1::jsonb)
      as r(i int, c text, n boolean, l text, le text, lu text, h bigint, d jsonb)
    order by i`,
  update: `update component set classifier = r.c, is_internal = r.n, license = r.l, license_expression = r.le,
      license_url = r.lu, content_hash = r.h, detail = r.d
    from jsonb_to_recordset($1::jsonb) as r(i int, c text, n boolean, l text, le text, lu text, h bigint, d jsonb)
    where project_id = $2 and identity_id = r.i`,
  read: `select identity_id as id, license, license_expression as "licenseExpression", license_url as "licenseUrl"
    from component where project_id = $1 order by 1`,
  json: (rows: readonly TextsOfComponent[]): string =>
    JSON.stringify(
      rows.map(({ identityId: i, license: l, licenseExpression: le, licenseUrl: lu }) => {
        return { i, c: "LIBRARY", n: false, l, le, lu, h: 1, d: {} };
      }),
    ),
};

/** Components that say something else in the one shape than in the other; valid until the contract of 0.2.0. */
const SHAPES_DIFFER_SQL = `select c.uuid from component c left join component_license l on l.id = c.license_id
  where c.license_id is not null and (l.id is null or (l.name, l.expression, l.url) is distinct from
    (c.license, c.license_expression, c.license_url))`;

export type Change = "insert" | "update";
export type Releases = "0.1.0" | "0.2.0";

/** What both releases do with the components of one database. */
export class TwoReleases {
  readonly #server: TestServer;
  readonly #seed: Seed;

  constructor(server: TestServer) {
    this.#server = server;
    this.#seed = new Seed(server.database.executor);
  }

  async rows<R extends object>(sql: string, values: readonly unknown[] = []): Promise<R[]> {
    return this.#seed.rows<R>(sql, values);
  }

  async newProject(): Promise<number> {
    return (await this.#seed.project()).id;
  }

  /** New identities, with names that sort as their ids. */
  async newIdentities(count: number): Promise<number[]> {
    const ids: number[] = [];
    for (let i = 0; i < count; i++) ids.push(await this.#seed.identity(null, { name: `n${1_000_000 + i}` }));
    return ids.sort((a, b) => a - b);
  }

  /** Runs a transaction that must not have to be tried again, as one that is ended to resolve a deadlock is. */
  async once<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    let attempts = 0;
    return this.#server.database.transaction((tx) => {
      if (++attempts > 1) throw new Error("the transaction was ended by another one");
      return work(tx);
    });
  }

  /** Writes components as a release does in the transaction of an import. */
  async writeIn(
    tx: Tx,
    by: Releases,
    change: Change,
    project: number,
    rows: readonly TextsOfComponent[],
  ): Promise<void> {
    if (by === "0.1.0") await executorOf(tx).query(release010[change], [release010.json(rows), project]);
    else await (change === "insert" ? insertComponents : updateComponents)(tx, project, await this.#stored(rows));
  }

  /** The same in a transaction of its own. */
  async write(...what: [Releases, Change, number, readonly TextsOfComponent[]]): Promise<void> {
    await this.once((tx) => this.writeIn(tx, ...what));
  }

  /** One pass of the backfill over what is pending. */
  async backfill(limit = 100): Promise<void> {
    let cursor: Json | null = null;
    for (let batch = 0; batch < BATCHES_MAX; batch++) {
      const from: Json | null = cursor;
      cursor = (await this.once((tx) => licenseBackfill.batch(tx, from, limit))).cursor;
      if (cursor === null) return;
    }
    throw new Error("the backfill does not come to an end");
  }

  async pending(): Promise<number> {
    return licenseBackfill.remaining(this.#server.database.db);
  }

  /** Name, expression and URL of a project's components, as 0.1.0 reads them. */
  async readBy010(project: number): Promise<LicenseTexts[]> {
    return (await this.rows<LicenseStatement>(release010.read, [project])).map(textsOf);
  }

  /** The same as 0.2.0 does. */
  async readBy020(project: number, page: Partial<ComponentPage> = {}): Promise<LicenseTexts[]> {
    const { db } = this.#server.database;
    const ids = await readOrder(db, project, listOrder(project, { ...PAGE, ...page }));
    const listed = await readInOrder(db, project, ids);
    return listed.map((row) => [row.license, row.license_expression, row.license_url]);
  }

  /** How many components say something else in the one shape than in the other. */
  async shapesThatDiffer(): Promise<number> {
    return (await this.rows(SHAPES_DIFFER_SQL)).length;
  }

  async #stored(rows: readonly TextsOfComponent[]): Promise<string> {
    const licenseIds = await ensureLicenses(this.#server.database, rows);
    const rest = { key: "", name: "", classifier: "LIBRARY", isInternal: false, detailId: 0, contentHash: 2 };
    return componentsJson(rows.map((row, index) => ({ ...row, ...rest, licenseId: licenseIds[index] ?? -1 })));
  }
}

export type LicenseTexts = [string | null, string | null, string | null];

/** As they are read. */
export function textsOf({ license, licenseExpression, licenseUrl }: LicenseStatement): LicenseTexts {
  return [license ?? null, licenseExpression ?? null, licenseUrl ?? null];
}

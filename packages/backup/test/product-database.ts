import { testDatabase } from "@evertrack/embedded-postgres/testing";
import { migrate } from "@evertrack/migrator";
import pg from "pg";

const directories = {
  app: `${import.meta.dirname}/../../../apps/server/migrations`,
  engine: `${import.meta.dirname}/../../engine/migrations`,
};

/** The product's migrations. */
export const components = Object.entries(directories).map(([component, directory]) => ({ component, directory }));

/** A database with the product's schema and nothing in it. */
export function productDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  return testDatabase({
    template: {
      name: "backup",
      inputs: Object.values(directories),
      async prepare(connectionString) {
        for (const { component, directory } of components)
          await migrate({ connectionString, directory, component, version: "0.1.0" });
      },
    },
  });
}

/** Asks a database once. */
export async function rowsOf<R extends object>(url: string, text: string, values: unknown[] = []): Promise<R[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<R>(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** Rows with everything that is hard to carry: references in both directions of a table, odd text, JSON, arrays, bytes. */
export async function fill(url: string, projects: number, componentsEach: number): Promise<void> {
  await rowsOf(url, `insert into tag (name) select 'tag ' || n from generate_series(1, 5) n`);
  await rowsOf(
    url,
    `insert into project (name, version, description, metadata, bom_digest, last_risk_score)
     select 'project ' || n, '1.' || n, E'tab\\tnewline\\nbackslash \\\\ quote '' ü 漢字', jsonb_build_object('n', n, 'x', 0.1),
       decode('00ff0a5c', 'hex'), n / 3.0 from generate_series(1, $1::int) n`,
    [projects],
  );
  // A child that is older than its parent, and the other way round.
  await rowsOf(
    url,
    `update project set parent_id = (select max(id) from project) where id = (select min(id) from project)`,
  );
  await rowsOf(url, `update project set parent_id = 1 where id = (select max(id) - 1 from project)`);
  await rowsOf(
    url,
    `insert into component_identity (key, name, version, purl)
     select gen_random_uuid(), 'name ' || n, '1.0', 'pkg:npm/name-' || n from generate_series(1, $1::int) n`,
    [componentsEach],
  );
  await rowsOf(
    url,
    `insert into component (project_id, identity_id) select p.id, i.id from project p, component_identity i`,
  );
}

/** The SQL of docs/operating/database-roles.md, for a database and roles of a test's own. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { testDatabase } from "@evertrack/embedded-postgres/testing";
import pg from "pg";

const DOCUMENT = join(import.meta.dirname, "../../../docs/operating/database-roles.md");

/** A database, what the page says of it, and the addresses by which its roles connect once they are made. */
export interface DocumentedRoles {
  /** In the order of the page, with this database's names. */
  readonly blocks: readonly string[];
  readonly admin: string;
  readonly owner: string;
  readonly app: string;
  /** The role an installation had so far; it is not made here, and its password is `former-password`. */
  readonly former: string;
  readonly formerName: string;
  drop(): Promise<void>;
}

/** Makes an empty database; roles are made by whoever runs the blocks, and dropped with it. */
export async function documentedRoles(): Promise<DocumentedRoles> {
  const database = await testDatabase();
  const suffix = database.name.slice(-12);
  const [owner, app, former] = [`evertrack_owner_${suffix}`, `evertrack_app_${suffix}`, `dtrack_${suffix}`];
  const ours = (sql: string) =>
    sql
      .replaceAll("evertrack_owner", owner)
      .replaceAll("evertrack_app", app)
      .replaceAll(/\bdtrack\b/g, former)
      .replaceAll(/database evertrack\b/g, `database ${database.name}`);
  const blocks = [...readFileSync(DOCUMENT, "utf8").matchAll(/```sql\n([\s\S]*?)```/g)].map(([, sql = ""]) =>
    ours(sql),
  );
  const urlAs = (username: string, password: string) =>
    Object.assign(new URL(database.url), { username, password }).href;
  return {
    blocks,
    admin: database.url,
    owner: urlAs(owner, "owner-password"),
    app: urlAs(app, "app-password"),
    former: urlAs(former, "former-password"),
    formerName: former,
    async drop() {
      const serverUrl = Object.assign(new URL(database.url), { pathname: "/postgres" }).href;
      await database.drop();
      for (const role of [former, app, owner]) await ask(serverUrl, `drop role if exists ${role}`);
    },
  };
}

/** Runs SQL over a connection of its own; several statements in one text are one transaction. */
export async function ask<R>(url: string, sql: string): Promise<R[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows as R[];
  } finally {
    await client.end();
  }
}

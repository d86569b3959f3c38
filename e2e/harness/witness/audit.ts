import pg from "pg";

/**
 * A witness inside the database that knows nothing of the servers' code: what is written to and taken from the outbox, and
 * who was leader, is noted in the same transaction. So an event that was told twice, or taken away without its effect
 * having been committed, cannot hide.
 */
const WITNESS = `
  create schema chaos;
  create table chaos.outbox_note (
    n bigint generated always as identity primary key, op text not null, event_id uuid not null, type text not null,
    subject text, payload jsonb not null,
    noted_at timestamptz not null default clock_timestamp());
  create table chaos.leader_note (
    n bigint generated always as identity primary key, before text not null, before_until timestamptz not null,
    after text not null, noted_at timestamptz not null default clock_timestamp());
  create function chaos.note_outbox() returns trigger language plpgsql as $$ begin
    insert into chaos.outbox_note (op, event_id, type, subject, payload)
    select tg_op, e.event_id, e.type, e.subject, e.payload from events e order by e.id;
    return null; end $$;
  create trigger chaos_told after insert on outbox_event
    referencing new table as events for each statement execute function chaos.note_outbox();
  create trigger chaos_delivered after delete on outbox_event
    referencing old table as events for each statement execute function chaos.note_outbox();
  create function chaos.note_leader() returns trigger language plpgsql as $$ begin
    insert into chaos.leader_note (before, before_until, after) values (old.holder, old.expires_at, new.holder);
    return null; end $$;
  create trigger chaos_leader after update on wf_lease
    for each row when (old.holder is distinct from new.holder) execute function chaos.note_leader();`;

/** Installs the witness; the schema must be migrated. */
export async function installWitness(databaseUrl: string): Promise<void> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  await client.query(WITNESS);
  await client.end();
}

/** Statements on a direct connection that is made anew whenever it is lost. */
export class Observer {
  readonly #url: string;
  #client: pg.Client | undefined;

  constructor(databaseUrl: string) {
    this.#url = databaseUrl;
  }

  async rows<R>(statement: string, values: readonly unknown[] = []): Promise<R[]> {
    const client = await this.#connected();
    try {
      return (await client.query(statement, [...values])).rows as R[];
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || /^(57P|08|53)/.test(error.code ?? "")) await this.close();
      throw error;
    }
  }

  /** The first column of the first row. */
  async number(statement: string, values: readonly unknown[] = []): Promise<number> {
    const [row] = await this.rows<Record<string, unknown>>(statement, values);
    return Number(Object.values(row ?? {})[0] ?? 0);
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  async #connected(): Promise<pg.Client> {
    if (this.#client !== undefined) return this.#client;
    const client = new pg.Client({ connectionString: this.#url, connectionTimeoutMillis: 3_000 });
    client.on("error", () => {
      if (this.#client === client) this.#client = undefined;
    });
    await client.connect();
    this.#client = client;
    return client;
  }
}

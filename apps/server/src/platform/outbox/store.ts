import { sql } from "kysely";
import { afterCommit, type Database, type Db, databaseOf, type Tx } from "../db/index.ts";
import type { OutboxEvent } from "./events.ts";

const listeners = new WeakMap<Database, Set<() => void>>();

/** Calls `listener` whenever a transaction of this database that wrote events has committed, until what is returned is called. */
export function onAppended(database: Database, listener: () => void): () => void {
  const all = listeners.get(database) ?? new Set();
  listeners.set(database, all.add(listener));
  return () => void all.delete(listener);
}

function tellListeners(tx: Tx): void {
  const database = databaseOf(tx);
  if (database === undefined) return;
  afterCommit(tx, () => {
    for (const listener of listeners.get(database) ?? []) listener();
  });
}

/** Writes events; an event id that was written before is left alone. */
export async function appendEvents(tx: Tx, events: readonly OutboxEvent[]): Promise<void> {
  if (events.length === 0) return;
  await sql`/* outbox.append */
    insert into outbox_event (event_id, type, subject, payload)
    select e.event_id, e.type, e.subject, e.payload
    from jsonb_to_recordset(${JSON.stringify(events.map(toRow))}::jsonb) as e(event_id uuid, type text, subject text, payload jsonb)
    on conflict (event_id) do nothing`.execute(tx);
  tellListeners(tx);
}

function toRow({ eventId, type, subject, payload }: OutboxEvent) {
  return { event_id: eventId, type, subject: subject ?? null, payload };
}

export interface DueEvent {
  id: number;
  event_id: string;
  type: string;
  subject: string | null;
  payload: Record<string, unknown>;
  created_at: Date;
  attempts: number;
}

/** Whether a transaction is worth opening: an idle relay asks nothing more than this. */
export async function anyEventDue(db: Db): Promise<boolean> {
  const { rows } =
    await sql`/* outbox.anyDue */ select 1 from outbox_event where next_attempt_at <= now() limit 1`.execute(db);
  return rows.length > 0;
}

/** Locks due events, oldest first, leaving those another relay holds. */
export async function lockDueEvents(tx: Tx, limit: number): Promise<DueEvent[]> {
  const { rows } = await sql<DueEvent>`/* outbox.lockDue */
    select id, event_id, type, subject, payload, created_at, attempts
    from outbox_event where next_attempt_at <= now()
    order by next_attempt_at, id limit ${limit} for no key update skip locked`.execute(tx);
  return rows;
}

/** Delivered events are gone. */
export async function removeEvents(tx: Tx, ids: readonly number[]): Promise<void> {
  await sql`/* outbox.remove */ delete from outbox_event where id = any(${[...ids]}::bigint[])`.execute(tx);
}

/** Puts an event off; it is tried again after `delayMs`. */
export async function postponeEvent(tx: Tx, id: number, delayMs: number, error: string): Promise<void> {
  await sql`/* outbox.postpone */
    update outbox_event set attempts = attempts + 1, last_error = ${error}, next_attempt_at = now() + ${delayMs} * interval '1 ms'
    where id = ${id}`.execute(tx);
}

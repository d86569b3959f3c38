import type { Observer } from "./audit.ts";

/** What a client that trusts its tokens would miss, and what it would have twice. */
export interface EffectFigures {
  /** Uploads that were accepted and did not end well. */
  readonly lost: number;
  /** Effects that are there more than once: uploads, imports, events, deliveries, projects, components. */
  readonly doubled: number;
}

/** Counts effects; what was broken in detail is told by `verifyEffects`. `tokens` are those that clients were given. */
export async function effectFigures(observer: Observer, tokens: readonly string[]): Promise<EffectFigures> {
  const [lost, doubled] = [await observer.number(LOST, [tokens]), await observer.number(DOUBLED, [tokens])];
  return { lost, doubled };
}

const LOST = `select count(*) from unnest($1::uuid[]) as t(token) left join bom_upload u using (token)
  where u.outcome is distinct from 'PROCESSED'`;

const DOUBLED = `select count(*) from (
  select token::text from bom_upload where token <> all($1::uuid[])
  union all select token::text from bom_import group by token having count(*) > 1
  union all select event_id::text from chaos.outbox_note group by event_id, op having count(*) > 1
  union all select payload->>'token' from chaos.outbox_note where op = 'INSERT' and type in ('BOM_CONSUMED', 'BOM_PROCESSED')
    group by type, payload->>'token' having count(*) > 1
  union all select min(uuid::text) from project group by name, version having count(*) > 1
  union all select min(uuid::text) from component group by project_id, identity_id having count(*) > 1) as twice`;

import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Observer } from "./audit.ts";
import { type Check, runChecks } from "./checks.ts";

/** Everything an accepted upload causes in the database, counted: once, never twice, never not at all. */
export async function verifyEffects(
  observer: Observer,
  { tokens, dataDirectory }: { tokens: readonly string[]; dataDirectory: string },
): Promise<string[]> {
  return [
    ...(await runChecks(observer, [...uploadChecks(tokens), ...EVENT_CHECKS, ...MATCH_CHECKS])),
    ...leftFiles(dataDirectory, tokens),
  ];
}

/** `$1` are the tokens clients were given, of all uploads this database ever saw. */
function uploadChecks(tokens: readonly string[]): Check[] {
  const checks: Check[] = [
    {
      promise: "an upload exists for every token that was given out, and ended well",
      violations: `select t.token, u.outcome, u.failure_reason from unnest($1::uuid[]) as t(token)
        left join bom_upload u using (token) where u.outcome is distinct from 'PROCESSED'`,
    },
    {
      promise: "no upload exists beyond those that were answered: a repeated request adds none",
      violations: "select token, project_uuid from bom_upload where token <> all($1::uuid[])",
    },
    {
      promise: "each upload was imported once",
      violations: `select t.token, count(i.token) from unnest($1::uuid[]) as t(token)
        left join bom_import i using (token) group by t.token having count(i.token) <> 1`,
    },
    {
      promise: "each upload told BOM_CONSUMED and BOM_PROCESSED once",
      violations: `select t.token, k.type, count(n.n) from unnest($1::uuid[]) as t(token)
        cross join (values ('BOM_CONSUMED'), ('BOM_PROCESSED')) as k(type)
        left join chaos.outbox_note n on n.op = 'INSERT' and n.type = k.type and n.payload->>'token' = t.token::text
        group by t.token, k.type having count(n.n) <> 1`,
    },
    {
      promise: "each upload has one import and one analysis, and both completed",
      violations: `select t.token, k.name, count(r.id), min(r.status) from unnest($1::uuid[]) as t(token)
        cross join (values ('import-bom'), ('analyze-project')) as k(name)
        left join wf_run r on r.name = k.name and r.parent_id is null and r.kind = 'workflow' and r.labels->>'token' = t.token::text
        group by t.token, k.name having count(r.id) <> 1 or min(r.status) <> 'COMPLETED'`,
    },
  ];
  return checks.map((check) => ({ ...check, values: [tokens] }));
}

const EVENT_CHECKS: readonly Check[] = [
  {
    promise: "the outbox is empty",
    violations: "select type, attempts, last_error from outbox_event",
  },
  {
    promise: "each event was written once and taken away once",
    violations: `select type, event_id, count(*) filter (where op = 'INSERT'), count(*) filter (where op = 'DELETE')
      from chaos.outbox_note group by type, event_id
      having count(*) filter (where op = 'INSERT') <> 1 or count(*) filter (where op = 'DELETE') <> 1`,
  },
  {
    promise: "no import and no validation failed",
    violations: `select type, subject, payload::text from chaos.outbox_note
      where op = 'INSERT' and type in ('BOM_PROCESSING_FAILED', 'BOM_VALIDATION_FAILED')`,
  },
  {
    promise: "each project was told as created once",
    violations: `select p.name, count(n.n) from project p
      left join chaos.outbox_note n on n.op = 'INSERT' and n.type = 'PROJECT_CREATED' and n.subject = p.uuid::text
      group by p.name having count(n.n) <> 1`,
  },
  {
    promise: "projects are not doubled",
    violations: "select name, version, count(*) from project group by name, version having count(*) > 1",
  },
  {
    promise: "each change of advisories that was delivered started one run at most, and it completed",
    violations: `select n.event_id, count(r.id), min(r.status) from chaos.outbox_note n
      join wf_run r on r.instance_id = 'match-advisories:' || n.event_id
      where n.op = 'DELETE' and n.type = 'ADVISORIES_CHANGED'
      group by n.event_id having count(r.id) > 1 or min(r.status) <> 'COMPLETED'`,
  },
  {
    promise: "each change of advisories that concerns a component in use started its run",
    violations: `select n.event_id from chaos.outbox_note n
      where n.op = 'DELETE' and n.type = 'ADVISORIES_CHANGED'
        and not exists (select from wf_run r where r.instance_id = 'match-advisories:' || n.event_id)
        and exists (select from jsonb_array_elements_text(n.payload->'packageKeys') k(key)
          join component_identity i on i.package_key = k.key
          where i.created_at < n.noted_at - interval '1 minute')`,
  },
];

const MATCH_CHECKS: readonly Check[] = [
  {
    promise: "every match was told as added exactly once more than as removed, and nothing else was",
    violations: `with told as (
        select (m->>'vulnerabilityId')::int as v, (m->>'identityId')::int as i, sum(sign) as net
        from chaos.outbox_note n cross join lateral (
          select e, 1 from jsonb_array_elements(n.payload->'added') e
          union all select e, -1 from jsonb_array_elements(n.payload->'removed') e) as x(m, sign)
        where n.op = 'INSERT' and n.type = 'FINDINGS_CHANGED' group by 1, 2)
      select t.v, t.i, t.net, m.vulnerability_id is not null from told t
      full join vulnerability_match m on m.vulnerability_id = t.v and m.identity_id = t.i
      where coalesce(t.net, 0) <> case when m.vulnerability_id is null then 0 else 1 end`,
  },
  {
    promise: "no component is twice in a project, and no identity exists twice",
    violations: `select 'component', project_id, identity_id from component group by 2, 3 having count(*) > 1
      union all select 'identity', min(id), max(id) from component_identity
      group by group_name, name, version, purl, cpe, swid_tag_id, scope having count(*) > 1`,
  },
  {
    promise: "no project is left marked for new numbers",
    violations: "select project_id, marked_at from metrics_dirty_project",
  },
];

/** Files of uploads that were answered must be gone; those of unanswered attempts wait for the clean-up. */
function leftFiles(dataDirectory: string, tokens: readonly string[]): string[] {
  const known = new Set(tokens);
  const left = readdirSync(join(dataDirectory, "storage", "bom-upload")).filter((name) => known.has(name));
  return left.length === 0 ? [] : [`${left.length} files of finished uploads are left, e.g. ${left[0]}`];
}

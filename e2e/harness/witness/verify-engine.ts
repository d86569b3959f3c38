import type { Observer } from "./audit.ts";
import { type Check, runChecks } from "./checks.ts";

/** What the engine promises, read from its own records and from the witness; `clockSeconds` as in `clockEnvironment`. */
export function verifyEngine(observer: Observer, clockSeconds: number): Promise<string[]> {
  return runChecks(observer, [...CHECKS, clockCheck(clockSeconds)]);
}

/** Age from which a run that has not ended counts as stuck; tasks of the clock begin new ones every minute. */
const STUCK_SECONDS = 60;

/**
 * A task that fires often, to see firings while faults happen. A leader makes up for five missed firings, so the time without
 * any worker must be shorter than five periods.
 */
export function clockEnvironment(seconds: number): Record<string, string> {
  return { DT_TASK_ABANDONED_UPLOAD_CHECK_CRON: `*/${seconds} * * * * *` };
}

const CHECKS: readonly Check[] = [
  {
    promise: "no run is stuck",
    violations: `select kind, name, status, waiting, created_at from wf_run
      where status in ('CREATED', 'RUNNING', 'SUSPENDED') and created_at < now() - ${STUCK_SECONDS} * interval '1 second'
        and visible_from < now() + interval '1 hour'`,
  },
  {
    promise: "no run failed or was cancelled",
    violations: `select kind, name, status, error->>'message' from wf_run where status in ('FAILED', 'CANCELLED')`,
  },
  {
    promise: "no step was started twice: a parent has one child of each name",
    violations: `select parent_id, step_name, count(*) from wf_run where parent_id is not null
      group by parent_id, step_name, generation having count(*) > 1`,
  },
  {
    promise: "no concurrency key had two holders",
    violations: `select concurrency_key, id from (
        select concurrency_key, id, started_at, max(coalesce(finished_at, 'infinity')) over (
          partition by concurrency_key order by started_at, seq rows between unbounded preceding and 1 preceding) as busy_until
        from wf_run where concurrency_key is not null and started_at is not null) x
      where started_at < busy_until`,
  },
  {
    promise: "runs of a key began in the order in which they were started",
    violations: `select concurrency_key, id from (
        select concurrency_key, id, started_at, lag(started_at) over (
          partition by concurrency_key, priority order by seq) as before
        from wf_run where concurrency_key like 'import-bom:%') x
      where started_at < before`,
  },
  {
    promise: "a firing of the clock started one run at most",
    violations: `select f.task, f.scheduled_for, count(*) from wf_cron_firing f
      join wf_run r on r.parent_id is null and r.created_at = f.fired_at and r.name = 'housekeeping' and r.input->>'task' = f.task
      where f.fired_by is not null group by f.task, f.scheduled_for having count(*) > 1`,
  },
  {
    promise: "housekeeping begins with a firing of the clock only",
    violations: `select r.input->>'task', r.created_at from wf_run r
      where r.parent_id is null and r.name = 'housekeeping' and not exists (select from wf_cron_firing f
        where f.task = r.input->>'task' and f.fired_at = r.created_at and f.fired_by is not null)`,
  },
  {
    promise: "nobody took the lead while another one's lease lasted",
    violations: "select before, before_until, after, noted_at from chaos.leader_note where noted_at < before_until",
  },
];

function clockCheck(seconds: number): Check {
  return {
    promise: `the clock's task fired every ${seconds} seconds, faults or not`,
    violations: `with fired as (
        select task, min(scheduled_for) as first, max(scheduled_for) as last, count(*) as firings
        from wf_cron_firing where task = 'abandoned-uploads' and fired_by is not null group by task)
      select task, firings, first, last from fired
      where firings <> 1 + extract(epoch from last - first) / ${seconds}`,
  };
}

/** How much the plan did to the engine: a plan that hit nothing proves nothing. */
export async function engineFigures(observer: Observer): Promise<string> {
  const attempts = await observer.rows<{ outcome: string; count: number }>(
    "select outcome, count(*)::int as count from wf_attempt where outcome <> 'SUSPENDED' group by 1 order by 1",
  );
  const leaders = await observer.number("select count(*) from chaos.leader_note");
  const events = await observer.number("select count(*) from chaos.outbox_note where op = 'DELETE'");
  const outcomes = attempts.map(({ outcome, count }) => `${outcome.toLowerCase()} ${count}`).join(", ") || "none";
  return `attempts that did not end their run: ${outcomes}; leads taken over: ${leaders}; events delivered: ${events}`;
}

import { expect } from "vitest";
import { featureProperties } from "../../apps/server/src/boot/features.ts";
import { declaredProperties } from "../../apps/server/src/boot/properties.ts";
import { CRON_CATCH_UP_MAX } from "../../packages/engine/src/leadership/cron.ts";
import type { Fleet } from "./fleet.ts";

/** One firing as the database has it, with what it started. */
export interface Firing {
  task: string;
  scheduledMs: number;
  firedMs: number;
  firedBy: string;
  /** How often its transaction started the same: most runs of one workflow with one input. */
  sameRuns: number;
}

/** Environment that gives every scheduled task of the product the same schedule. */
export function everyTaskAt(schedule: string): Record<string, string> {
  const names = declaredProperties(featureProperties)
    .filter(({ name, withoutEffect }) => name.startsWith("dt.task.") && name.endsWith("cron") && !withoutEffect)
    .map(({ name }) => name.toUpperCase().replaceAll(/[.-]/g, "_"));
  return Object.fromEntries(names.map((name) => [name, schedule]));
}

/** Every firing so far, oldest first. Rows that mark from when on a task counts are left out. */
export function firingsOf(fleet: Fleet): Promise<Firing[]> {
  return fleet.rows<Firing>(
    `select f.task, (extract(epoch from f.scheduled_for) * 1000)::float8 as "scheduledMs",
       (extract(epoch from f.fired_at) * 1000)::float8 as "firedMs", f.fired_by as "firedBy",
       (select coalesce(max(same.runs), 0)::int from (select count(*) as runs from wf_run r
          where r.parent_id is null and r.created_at = f.fired_at group by r.name, r.input::text) same) as "sameRuns"
     from wf_cron_firing f where f.fired_by is not null order by f.scheduled_for, f.task`,
  );
}

/** Top-level runs of housekeeping that no firing of their task accounts for. */
export function unaccountedRuns(fleet: Fleet): Promise<{ id: string }[]> {
  return fleet.rows(
    `select r.id from wf_run r where r.parent_id is null and r.name = 'housekeeping'
       and not exists (select 1 from wf_cron_firing f where f.task = r.input->>'task' and f.fired_at = r.created_at)`,
  );
}

/**
 * Between the first and the last firing of each task none is missing and none is there twice. Only those that were past by more
 * than is caught up with may be missing: nobody had led for so long.
 */
export function expectEveryFiringOnce(firings: readonly Firing[], everyMs: number): void {
  const byTask = Map.groupBy(firings, ({ task }) => task);
  for (const [task, of] of byTask) {
    const wrong = of.filter(({ scheduledMs, firedMs }, index) => {
      const before = of[index - 1]?.scheduledMs ?? scheduledMs - everyMs;
      const caughtUp = firedMs - scheduledMs >= (CRON_CATCH_UP_MAX - 1) * everyMs;
      return scheduledMs !== before + everyMs && !(caughtUp && scheduledMs > before);
    });
    expect(wrong, task).toEqual([]);
  }
}
